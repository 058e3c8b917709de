//! Buckets, repositories, APIs, logs and tokens, each as its API wants it.

use serde_json::json;

use super::server::{Reply, Server};
use crate::callers::Callers;
use crate::connect::{self, Identity};
use crate::rest::logging::Wanted;
use crate::rest::usage::Usage;

#[tokio::test]
async fn apis_that_are_off_are_found_and_put_on() {
    let server = Server::start(|asked| match asked.line.as_str() {
        "POST /v1/projects/p/services:batchEnable" => {
            Reply::json(json!({ "name": "operations/1" }))
        }
        "GET /v1/operations/1" if asked.nth < 3 => Reply::json(json!({ "name": "operations/1" })),
        "GET /v1/operations/1" => Reply::json(json!({ "done": true, "response": {} })),
        _ => Reply::json(json!({ "services": [
            { "name": "projects/42/services/run.googleapis.com", "state": "ENABLED" },
            { "name": "projects/42/services/storage.googleapis.com", "state": "DISABLED" },
        ]})),
    });
    let rest = server.rest().await;
    let apis = ["run.googleapis.com", "storage.googleapis.com", "logging.googleapis.com"];
    let Usage::Off(off) = rest.apis_off("p", &apis).await.expect("an answer") else {
        panic!("it was allowed to look")
    };
    assert_eq!(off, apis[1..]);
    rest.enable_apis("p", &off).await.expect("they are on");
    assert_eq!(server.seen()[1].json(), json!({ "serviceIds": off }));
    let looked = "GET /v1/projects/p/services:batchGet?names=projects%2Fp%2Fservices%2Frun.";
    assert!(server.calls()[0].starts_with(looked), "{:?}", server.calls());
}

#[tokio::test]
async fn whoever_may_not_look_at_apis_is_not_stopped_but_a_wrong_project_is() {
    let refuse = |message: &'static str| {
        Server::start(move |_| {
            let status = "PERMISSION_DENIED";
            let error = json!({ "code": 403, "status": status, "message": message });
            Reply::json(json!({ "error": error })).with(403)
        })
    };
    let server = refuse("Permission 'serviceusage.services.get' denied on resource 'projects/p'.");
    let found = server.rest().await.apis_off("p", &["run.googleapis.com"]).await;
    assert_eq!(found.expect("an answer"), Usage::Unknown);
    let server = refuse("Permission denied on resource project p-1.");
    let error = server.rest().await.apis_off("p-1", &["run.googleapis.com"]).await;
    assert!(error.expect_err("an error").reason.contains("`p-1` is not there"));
}

#[tokio::test]
async fn a_bucket_that_a_lost_try_made_is_found() {
    let made = json!({ "name": "b", "location": "EUROPE-WEST1", "projectNumber": "42",
        "labels": { "mlship-project": "heart" } });
    let server = Server::start(move |asked| match asked.line.starts_with("POST") {
        true => Reply::of(409),
        false => Reply::json(made.clone()),
    });
    let rest = server.rest().await;
    let bucket = rest.make_bucket("p", "europe-west1", "b", &json!({})).await.expect("a bucket");
    assert_eq!(bucket.project_label.as_deref(), Some("heart"));
    assert_eq!(bucket.location, "europe-west1");
    let account = "42-compute@developer.gserviceaccount.com";
    assert_eq!(bucket.default_account().as_deref(), Some(account));
    let body = server.seen()[0].json();
    assert_eq!(body["iamConfiguration"]["publicAccessPrevention"], "enforced");
    assert_eq!(body["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"], true);
}

#[tokio::test]
async fn a_bucket_goes_with_what_is_in_it() {
    let server = Server::start(|asked| {
        let object = |name| json!({ "name": name, "generation": "1", "size": "0" });
        match asked.line.as_str() {
            "GET /storage/v1/b/b/o" => {
                Reply::json(json!({ "items": [object("a/b")], "nextPageToken": "t" }))
            }
            "GET /storage/v1/b/b/o?pageToken=t" => Reply::json(json!({ "items": [object("c")] })),
            _ => Reply::of(204),
        }
    });
    server.rest().await.delete_bucket("b").await.expect("it is gone");
    let expected =
        ["DELETE /storage/v1/b/b/o/a%2Fb", "DELETE /storage/v1/b/b/o/c", "DELETE /storage/v1/b/b"];
    assert_eq!(server.calls()[2..], expected);
    let absent = Server::start(|_| Reply::of(404));
    absent.rest().await.delete_bucket("b").await.expect("it is gone");
}

#[tokio::test]
async fn a_role_is_given_over_somebody_elses_change() {
    let server = Server::start(|asked| match (asked.line.starts_with("PUT"), asked.nth) {
        (true, 1) => Reply::of(412),
        (true, _) => Reply::json(json!({})),
        (false, nth) => Reply::json(json!({ "etag": nth.to_string(), "version": 1, "bindings":
            [{ "role": "roles/x", "members": ["user:a"] }] })),
    });
    let rest = server.rest().await;
    rest.give_role("b", ("roles/storage.objectViewer", "serviceAccount:s")).await.expect("given");
    let written = server.seen()[3].json();
    assert_eq!(written["etag"], "2", "the second look's");
    assert_eq!(written["bindings"].as_array().map(Vec::len), Some(2));
    let before = server.calls().len();
    rest.give_role("b", ("roles/x", "user:a")).await.expect("given");
    assert_eq!(server.calls().len(), before + 1, "only looked");
}

#[tokio::test]
async fn a_repository_is_made_and_its_images_are_listed() {
    let name = "projects/p/locations/r/repositories/mlship-heart";
    let server = Server::start(move |asked| match asked.line.as_str() {
        "POST /v1/projects/p/locations/r/repositories?repositoryId=mlship-heart" => {
            Reply::json(json!({ "done": true, "response": { "name": name, "format": "DOCKER",
                "registryUri": "127.0.0.1:5000/p/mlship-heart",
                "labels": { "mlship-project": "heart" } } }))
        }
        line if line.ends_with("/packages/heart/versions") => Reply::json(json!({ "versions": [
            { "name": format!("{name}/packages/heart/versions/sha256:ab") },
        ]})),
        line if line.starts_with("DELETE") => Reply::json(json!({ "done": true })),
        _ => Reply::of(404),
    });
    let rest = server.rest().await;
    let place = ("projects/p/locations/r", "mlship-heart");
    let made = rest.make_repository(place, &json!({ "mlship-project": "heart" })).await;
    let made = made.expect("a repository");
    assert_eq!(made.registry, "127.0.0.1:5000/p/mlship-heart");
    assert_eq!(rest.repository(name).await.expect("an answer"), None);
    let images = rest.images(name, "heart").await.expect("images");
    assert_eq!(images[0].digest, "sha256:ab");
    rest.delete_image(&images[0]).await.expect("it is gone");
    rest.delete_repository(name).await.expect("it is gone");
}

#[tokio::test]
async fn the_newest_lines_come_oldest_first() {
    let server = Server::start(|asked| {
        let entry = |at: u32| {
            json!({ "timestamp": format!("2026-11-21T09:00:0{at}Z"),
            "textPayload": format!("line {at}") })
        };
        let silent = json!({ "timestamp": "2026-11-21T09:00:00Z", "httpRequest": {} });
        match asked.json()["pageToken"].as_str() {
            None => Reply::json(json!({ "entries": [entry(5), silent, entry(4)],
                "nextPageToken": "t" })),
            _ => Reply::json(json!({ "entries": [entry(3), entry(2)] })),
        }
    });
    let wanted = Wanted {
        project: "p",
        region: "r",
        service: "heart",
        revision: None,
        since: None,
        limit: 3,
    };
    let lines = server.rest().await.log(wanted).await.expect("lines");
    let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["line 3", "line 4", "line 5"]);
}

#[tokio::test]
async fn a_callers_token_is_asked_for_once() {
    // It ends in the year 2100.
    let token = "a.eyJleHAiOjQxMDI0NDQ4MDB9.b";
    let server = Server::start(move |_| Reply::json(json!({ "token": token })));
    let rest = server.rest().await;
    let identity = server.options().identity;
    let callers = Callers::new(identity.clone(), Some("c@p.iam.gserviceaccount.com".into()), rest);
    for _ in 0..2 {
        assert_eq!(callers.token("https://x.run.app").await.expect("a token"), token);
    }
    let place = "POST /v1/projects/-/serviceAccounts/c%40p.iam.gserviceaccount.com:generateIdToken";
    assert_eq!(server.calls(), [place]);
    let asked = json!({ "audience": "https://x.run.app", "includeEmail": true });
    assert_eq!(server.seen()[0].json(), asked);
    let callers = Callers::new(identity, None, server.rest().await);
    let error = callers.token("https://x.run.app").await.expect_err("an error");
    assert!(error.hints[0].contains("add `caller:"), "{:?}", error.hints);
}

#[tokio::test]
async fn a_user_gets_a_token_where_the_file_says() {
    let token = "a.eyJleHAiOjQxMDI0NDQ4MDB9.b";
    let server = Server::start(move |_| {
        Reply::json(json!({ "access_token": "x", "id_token": token, "expires_in": 3600,
            "token_type": "Bearer" }))
        .header("content-type", "application/json")
    });
    let json = json!({ "type": "authorized_user", "client_id": "c", "client_secret": "s",
        "refresh_token": "r", "token_uri": format!("{}/token", server.origin) });
    let mut options = server.options();
    options.identity = Identity::Json(json);
    let (rest, _) = connect::sign_in(&options).await.expect("a sign-in");
    let callers = Callers::new(options.identity, None, rest);
    assert_eq!(callers.token("https://x.run.app").await.expect("a token"), token);
    assert!(server.calls().iter().all(|call| call == "POST /token"), "{:?}", server.calls());
}
