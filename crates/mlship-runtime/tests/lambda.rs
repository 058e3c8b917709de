//! The Lambda host, under the runtime interface emulator.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::emulator::Emulator;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

/// An event as a function URL or an HTTP API of API Gateway sends it.
fn payload_2(stage: &str, method: &str, path: &str, body: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "cookies": ["a=b"],
        "headers": {"content-type": "application/json", "host": "x.lambda-url.eu-central-1.on.aws"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "x", "domainName": "x", "requestId": "y",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "routeKey": "$default", "stage": stage, "timeEpoch": 1583348638390_i64
        },
        "body": body,
        "isBase64Encoded": false
    })
}

/// An event as a REST API of API Gateway sends it.
fn payload_1(method: &str, path: &str, body: Value) -> Value {
    json!({
        "version": "1.0",
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": null,
        "pathParameters": {"proxy": "predict"},
        "requestContext": {
            "httpMethod": method, "path": format!("/prod{path}"), "stage": "prod", "requestId": "y",
            "identity": {"sourceIp": "127.0.0.1"}
        },
        "body": body,
        "isBase64Encoded": false
    })
}

/// An event as a load balancer sends it.
fn balancer(headers: &str, path: &str, body: &str) -> Value {
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:x"}},
        "httpMethod": "POST",
        "path": path,
        "queryStringParameters": {},
        "body": body,
        "isBase64Encoded": false
    });
    let value = if headers == "headers" { json!("text/plain") } else { json!(["text/plain"]) };
    event[headers] = json!({"accept": value});
    event
}

fn body(response: &Value) -> Value {
    serde_json::from_str(response["body"].as_str().unwrap_or_default()).unwrap_or(Value::Null)
}

#[test]
fn every_sort_of_event_gets_its_own_shape_of_response() {
    let folder = bundles::write(&bundles::table());
    let emulator = Emulator::start(folder.path());
    let score = json!({"score": [70.0, 103.0]});
    let (content_type, json_type) = ("content-type", "application/json");

    let url = emulator.invoke(&payload_2("$default", "POST", "/predict", ROW));
    assert_eq!((&url["statusCode"], body(&url)), (&json!(200), score.clone()));
    assert_eq!(
        (&url["headers"][content_type], &url["isBase64Encoded"]),
        (&json!(json_type), &json!(false))
    );

    let gateway = emulator.invoke(&payload_2("prod", "POST", "/prod/predict", ROW));
    assert_eq!((&gateway["statusCode"], body(&gateway)), (&json!(200), score.clone()));

    let rest = emulator.invoke(&payload_1("POST", "/predict", json!(ROW)));
    assert_eq!((&rest["statusCode"], body(&rest)), (&json!(200), score.clone()));
    assert_eq!(rest["headers"][content_type], json_type);

    let single = emulator.invoke(&balancer("headers", "/predict", ROW));
    assert_eq!((&single["statusDescription"], body(&single)), (&json!("200 OK"), score.clone()));
    assert_eq!(single["headers"][content_type], json_type);

    let multi = emulator.invoke(&balancer("multiValueHeaders", "/predict", ROW));
    assert_eq!((&multi["statusDescription"], body(&multi)), (&json!("200 OK"), score));
    assert_eq!(multi["multiValueHeaders"][content_type], json!([json_type]));
    assert!(multi.get("headers").is_none());

    for path in ["/healthz", "/readyz"] {
        assert_eq!(emulator.invoke(&payload_2("$default", "GET", path, ""))["statusCode"], 200);
    }
}

#[test]
fn problems_go_back_as_responses_with_their_status() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let emulator = Emulator::start(folder.path());
    let status = |event: Value| {
        let response = emulator.invoke(&event);
        assert_eq!(response["headers"]["content-type"], "application/problem+json");
        assert_eq!(response["statusCode"], body(&response)["status"]);
        response["statusCode"].as_u64().unwrap()
    };
    let to = |path, body| payload_2("$default", "POST", path, body);
    assert_eq!(status(to("/predict", "{")), 400);
    assert_eq!(status(to("/predict", "[]")), 422);
    assert_eq!(status(to("/elsewhere", ROW)), 404);
    assert_eq!(status(to("/predict", &" ".repeat(1001))), 413);
    assert_eq!(status(payload_1("POST", "/predict", Value::Null)), 400);
    let get = emulator.invoke(&payload_2("$default", "GET", "/predict", ""));
    assert_eq!((&get["statusCode"], &get["headers"]["allow"]), (&json!(405), &json!("POST")));
}

#[test]
fn bodies_in_base64() {
    let folder = bundles::write(&bundles::table());
    let emulator = Emulator::start(folder.path());
    let mut event = payload_2("$default", "POST", "/predict", &STANDARD.encode(ROW));
    event["isBase64Encoded"] = json!(true);
    assert_eq!(body(&emulator.invoke(&event)), json!({"score": [70.0, 103.0]}));
    event["body"] = json!("%%%");
    let broken = emulator.invoke(&event);
    assert_eq!(body(&broken)["type"], "urn:mlship:problem:broken-body");
}

#[test]
fn a_direct_invocation_is_the_request_itself() {
    let folder = bundles::write(&bundles::table());
    let emulator = Emulator::start(folder.path());
    let row: Value = serde_json::from_str(ROW).unwrap();
    assert_eq!(emulator.invoke(&row), json!({"score": [70.0, 103.0]}));
    assert_eq!(emulator.invoke(&json!([row])), json!([{"score": [70.0, 103.0]}]));
    let failed = emulator.invoke(&json!({"age": 40, "visits": "3", "smoker": true}));
    assert_eq!(failed["errorType"], "A value is of the wrong type");
    assert_eq!(failed["errorMessage"], "expected a whole number, found the text `3`");
    assert_eq!(failed["problem"]["field"], "/visits");
    // An error is the invocation's alone: the same process answers the next.
    assert_eq!(emulator.invoke(&row), json!({"score": [70.0, 103.0]}));
}

#[test]
fn a_model_that_cannot_be_loaded_is_reported_as_such() {
    let folder = bundles::write(&bundles::table());
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let emulator = Emulator::start(folder.path());
    let failed = emulator.invoke(&json!({}));
    assert_eq!(failed["errorType"], "The model could not be loaded", "{failed}");
    let message = failed["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("the model cannot be loaded"), "{message}");
}

#[test]
fn an_overdue_prediction_is_answered_and_the_next_gets_a_new_process() {
    let bounds = Bounds { timeout_s: 1, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::slow() });
    let emulator = Emulator::start(folder.path());
    let long = r#"{"times": [2000000000]}"#;
    let overdue = emulator.invoke(&payload_2("$default", "POST", "/predict", long));
    assert_eq!(overdue["statusCode"], 504, "{overdue}");
}
