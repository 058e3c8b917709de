//! The vendor's own clients keep the same pace, and their refusals have the same words.

use google_cloud_lro::Poller;
use google_cloud_run_v2::model::Service;
use mlship_core::provider::ErrorKind;
use serde_json::json;

use super::server::{Reply, Server};
use crate::config::Config;
use crate::connect::{self, Cloud, Identity, Options};
use crate::error::{Call, translate};

const CALL: Call<'static> = Call::new("create the service", "heart");

async fn cloud(server: &Server) -> Cloud {
    connect::connect(Config::default(), server.options()).await.expect("a connection")
}

fn refusal(code: u16, status: &str, message: &str) -> Reply {
    let error = json!({ "code": code, "status": status, "message": message });
    Reply::json(json!({ "error": error })).with(code).header("content-type", "application/json")
}

#[tokio::test]
async fn a_call_that_makes_something_is_repeated_too() {
    let server = Server::start(|asked| {
        let operation = json!({ "name": "projects/p/locations/r/operations/1" });
        let done = json!({ "name": operation["name"], "done": true, "response": {
            "@type": "type.googleapis.com/google.cloud.run.v2.Service", "uri": "https://x" } });
        match (asked.line.starts_with("POST"), asked.nth) {
            (true, 0) => refusal(503, "UNAVAILABLE", "The service is down."),
            (true, 1) => refusal(429, "RESOURCE_EXHAUSTED", "Too many."),
            (true, _) => Reply::json(operation),
            (false, 3) => Reply::json(operation),
            (false, 4) => refusal(500, "INTERNAL", "An error."),
            (false, _) => Reply::json(done),
        }
    });
    let cloud = cloud(&server).await;
    let making = cloud.services.create_service().set_parent("projects/p/locations/r");
    let making = making.set_service_id("heart").set_service(Service::new());
    let service = making.poller().until_done().await.expect("a service");
    assert_eq!((service.uri.as_str(), server.calls().len()), ("https://x", 6));
    assert!(server.seen().iter().all(|asked| asked.header("authorization") == "Bearer access"));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_keeps_its_words() {
    let server = Server::start(|_| {
        let message = "Quota violated:\nCpuAllocPerProjectRegion requested: 2 allowed: 1";
        refusal(429, "RESOURCE_EXHAUSTED", message)
    });
    let cloud = cloud(&server).await;
    let name = "projects/p/locations/r/services/heart";
    let error = cloud.services.get_service().set_name(name).send().await.expect_err("an error");
    let error = translate(CALL, error);
    assert_eq!((error.kind, server.calls().len()), (ErrorKind::Quota, 1), "{error:?}");
    assert!(error.reason.contains("CpuAllocPerProjectRegion"), "{error}");
}

#[tokio::test]
async fn an_operation_that_fails_or_does_not_end_is_told() {
    for (answer, kind, words) in [
        (
            json!({ "name": "projects/p/locations/r/operations/o", "done": true, "error": { "code": 9, "message":
                "Container failed to start and listen on the port." } }),
            ErrorKind::Failed,
            "did not start to listen",
        ),
        (
            json!({ "name": "projects/p/locations/r/operations/o" }),
            ErrorKind::Unavailable,
            "no answer in time",
        ),
    ] {
        let server = Server::start(move |_| Reply::json(answer.clone()));
        let cloud = cloud(&server).await;
        let name = "projects/p/locations/r/services/heart";
        let removing = cloud.services.delete_service().set_name(name);
        let error = removing.poller().until_done().await.expect_err("an error");
        let error = translate(CALL, error);
        assert_eq!(error.kind, kind, "{error:?}");
        assert!(error.reason.contains(words), "{error}");
    }
}

#[tokio::test]
async fn credentials_that_are_none_are_told_with_what_to_do() {
    let server = Server::start(|_| Reply::of(200));
    for json in [json!({}), json!({ "type": "service_account" }), json!({ "type": "x" })] {
        let identity = Identity::Json(json);
        let options = Options { identity, ..server.options() };
        let error = connect::connect(Config::default(), options).await.expect_err("an error");
        assert_eq!(error.kind, ErrorKind::Denied);
        assert!(error.hints[0].contains("`GOOGLE_APPLICATION_CREDENTIALS`"), "{error:?}");
        assert!(error.hints[1].contains("gcloud auth application-default login"), "{error:?}");
        assert!(error.reason.starts_with("the credentials file cannot be used: "), "{error}");
        assert!(error.source.is_none() && error.hints.len() == 2, "three lines: {error:?}");
    }
    for (endpoint, reason) in [
        ("no address", "`no address` is no address"),
        ("http://example.com", "`http://example.com` has no TLS"),
    ] {
        let options = Options { endpoint: Some(endpoint.into()), ..server.options() };
        let error = connect::connect(Config::default(), options).await.expect_err("an error");
        assert_eq!(error.reason, reason);
    }
}
