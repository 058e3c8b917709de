//! The calls against a small server that answers as each test says.

mod apis;
mod objects;
mod server;
mod silence;
mod standin;
mod vendor;

use mlship_core::provider::ErrorKind;
use reqwest::Method;
use serde_json::json;
use server::{Reply, Server};

use super::Api;
use crate::error::Call;

const CALL: Call<'static> = Call::new("look at", "it");
const TO: (Method, Api, &str) = (Method::POST, Api::ServiceUsage, "v1/x");

#[tokio::test]
async fn what_may_pass_is_asked_again_and_signed_each_time() {
    let server = Server::start(|asked| match asked.nth {
        0 => Reply::of(503),
        1 => Reply::of(429),
        _ => Reply::json(json!({ "ok": true })),
    });
    let rest = server.rest().await;
    let answer = rest.call(CALL, TO, &[("a", "b c")], Some(&json!({ "x": 1 }))).await;
    assert_eq!(answer.expect("an answer"), json!({ "ok": true }));
    assert_eq!(server.calls(), ["POST /v1/x?a=b+c"; 3]);
    let authorized = |asked: &server::Asked| asked.header("authorization") == "Bearer access";
    assert!(server.seen().iter().all(authorized));
    assert!(server.seen().iter().all(|asked| asked.body == br#"{"x":1}"#));
}

#[tokio::test]
async fn what_does_not_pass_is_not_asked_for_ever() {
    let server = Server::start(|_| Reply::of(502));
    let error = server.rest().await.call(CALL, TO, &[], None).await.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(server.calls().len(), 4);
    let server = Server::start(|_| {
        let message = "Quota exceeded for total allowable CPU per project per region.";
        let error =
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": message } });
        Reply::json(error).with(429)
    });
    let error = server.rest().await.call(CALL, TO, &[], None).await.expect_err("an error");
    assert_eq!((error.kind, server.calls().len()), (ErrorKind::Quota, 1));
}

#[tokio::test]
async fn nobody_there_is_an_error_with_a_hint() {
    let server = Server::start(|_| Reply::of(200));
    let rest = server.rest().await;
    drop(server);
    let error = rest.call(CALL, TO, &[], None).await.expect_err("an error");
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::Unavailable, "the connection failed")
    );
    assert!(error.hints[0].contains("same command again"));
}
