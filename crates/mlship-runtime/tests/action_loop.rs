//! OpenWhisk's ActionLoop: the real binary under a stand-in for the proxy that keeps it.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::proxy::Proxy;

const ACK: (&str, &str) = ("__OW_WAIT_FOR_ACK", "1");

fn row(age: u32) -> Value {
    json!({"age": age, "visits": 3, "smoker": true})
}

fn score(age: u32) -> Value {
    json!({"score": [f64::from(age) + 30.0, 103.0]})
}

fn start(bundle: &Bundle, environment: &[(&str, &str)]) -> (tempfile::TempDir, Proxy) {
    let folder = bundles::write(bundle);
    let proxy = Proxy::start(folder.path(), environment).unwrap();
    (folder, proxy)
}

/// What a web action is given for a request, but for its body.
fn web(method: &str, path: &str, media_type: &str, more: Value) -> Value {
    let mut value = json!({
        "__ow_method": method,
        "__ow_path": path,
        "__ow_headers": {"content-type": media_type, "host": "controllers", "x-real-ip": "::1"},
    });
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

#[test]
fn a_plain_action_answers_objects() {
    for environment in [&[ACK][..], &[]] {
        let (_folder, mut proxy) = start(&bundles::table(), environment);
        assert_eq!(proxy.run(&row(40)), Ok(score(40)));
        let many = json!({"predictions": [score(1), score(2)]});
        assert_eq!(proxy.run(&json!({"instances": [row(1), row(2)]})), Ok(many.clone()));
        assert_eq!(proxy.run(&json!([row(1), row(2)])), Ok(many));
        let refused = proxy.run(&json!({"age": 40, "visits": "3", "smoker": true})).unwrap();
        assert_eq!(refused["error"]["status"], 422, "{refused}");
        assert_eq!(refused["error"]["field"], "/visits", "{refused}");
        // A trigger without parameters.
        let empty = proxy.run(&json!({})).unwrap();
        assert_eq!(empty["error"]["type"], "urn:mlship:problem:missing", "{empty}");
        assert_eq!(proxy.run(&row(20)), Ok(score(20)));
        let (status, log) = proxy.close();
        assert_eq!(status.code(), Some(0));
        // Neither what was asked nor the key of the platform is in the log.
        assert!(!log.contains("smoker") && !log.contains("123zO3xZ"), "{log}");
    }
}

#[test]
fn a_web_action_answers_http() {
    let (_folder, mut proxy) = start(&bundles::table(), &[ACK]);
    let json_type = "application/json";
    let predicted = proxy.run(&web("post", "", json_type, row(40))).unwrap();
    assert_eq!((&predicted["statusCode"], &predicted["body"]), (&json!(200), &score(40)));
    assert_eq!(predicted["headers"]["content-type"], json_type);
    let list = json!({"__ow_body": [row(1), row(2)]});
    let predicted = proxy.run(&web("post", "/predict", json_type, list)).unwrap();
    assert_eq!(predicted["body"], json!([score(1), score(2)]));
    let raw = json!({"__ow_query": "a=b", "__ow_body": STANDARD.encode(row(7).to_string())});
    let predicted = proxy.run(&web("post", "/predict", json_type, raw)).unwrap();
    assert_eq!(predicted["body"], score(7));
    let ready = proxy.run(&web("get", "/readyz", json_type, json!({}))).unwrap();
    assert_eq!((&ready["statusCode"], &ready["body"]["status"]), (&json!(200), &json!("ready")));
    let nowhere = proxy.run(&web("get", "/elsewhere", json_type, json!({}))).unwrap();
    assert_eq!((&nowhere["statusCode"], &nowhere["body"]["status"]), (&json!(404), &json!(404)));
    assert_eq!(nowhere["headers"]["content-type"], "application/problem+json");
    let get = proxy.run(&web("get", "/predict", json_type, json!({}))).unwrap();
    assert_eq!((&get["statusCode"], &get["headers"]["allow"]), (&json!(405), &json!("POST")));
}

#[test]
fn a_web_action_asks_for_the_key_where_one_is_set() {
    let (_folder, mut proxy) = start(&bundles::table(), &[("MLSHIP_KEY", "s3cret")]);
    let mut request = web("post", "/predict", "application/json", row(40));
    assert_eq!(proxy.run(&request).unwrap()["statusCode"], 401);
    request["__ow_headers"]["authorization"] = json!("Bearer s3cret");
    assert_eq!(proxy.run(&request).unwrap()["body"], score(40));
}

#[test]
fn what_no_activation_is_like_is_answered_and_the_next_too() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let (_folder, mut proxy) = start(&Bundle { bounds, ..bundles::table() }, &[]);
    let broken = proxy.post(&json!("x")).unwrap();
    assert_eq!(broken["error"]["type"], "urn:mlship:problem:not-json", "{broken}");
    for length in [1001, 400_000] {
        let long = proxy.run(&json!({"age": "x".repeat(length)})).unwrap();
        assert_eq!(long["error"]["type"], "urn:mlship:problem:body-too-large", "{long}");
    }
    assert_eq!(proxy.run(&row(40)), Ok(score(40)));
}

#[test]
fn the_deadline_of_the_platform_is_kept() {
    let (_folder, mut proxy) = start(&bundles::slow(), &[ACK]);
    assert!(proxy.run(&json!({"times": [1]})).unwrap().get("y").is_some());
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let deadline = (now + 1000).to_string();
    let late = proxy.post(&json!({"value": {"times": [2_000_000_000]}, "deadline": deadline}));
    assert_eq!(late.unwrap()["error"]["status"], 504);
    // What is overdue cannot be stopped: the platform starts another.
    assert_eq!(proxy.run(&json!({"times": [1]})), Err("command exited".into()));
    assert_eq!(proxy.close().0.code(), Some(70));
}

#[test]
fn a_model_that_cannot_be_loaded_is_not_acknowledged() {
    let folder = bundles::write(&bundles::table());
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let Err(log) = Proxy::start(folder.path(), &[ACK]) else { panic!("it was acknowledged") };
    assert!(log.contains("the model cannot be loaded"), "{log}");
}
