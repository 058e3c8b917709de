//! The contracts of Google's platforms: the real binary, started as they start it.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::client::{Client, Response, request};
use support::server::Server;
use tempfile::TempDir;

const PREDICT: &str = "/v1/endpoints/7/deployedModels/9:predict";
const HEALTH: &str = "/v1/endpoints/7/deployedModels/9";

/// A server as Vertex AI starts one, on this machine alone.
fn vertex(bundle: &Bundle) -> (TempDir, Server) {
    let folder = bundles::write(bundle);
    let variables = [
        ("AIP_HTTP_PORT", "8080"),
        ("AIP_PREDICT_ROUTE", PREDICT),
        ("AIP_HEALTH_ROUTE", HEALTH),
        ("AIP_MODE", "PREDICTION"),
        ("MLSHIP_LISTEN", "127.0.0.1:0"),
    ];
    let server = Server::start_with(folder.path(), &variables);
    (folder, server)
}

fn post(server: &Server, body: &Value) -> Response {
    request(&server.address, "POST", PREDICT, body.to_string())
}

#[track_caller]
fn answers(server: &Server, body: Value, predictions: Value) {
    let answer = post(server, &body);
    assert_eq!((answer.status, answer.json()), (200, json!({"predictions": predictions})));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[track_caller]
fn refuses(server: &Server, body: &str, slug: &str, field: Option<&str>, start: &str) {
    let answer = request(&server.address, "POST", PREDICT, body);
    let problem = answer.json();
    assert_eq!((answer.status, &problem["status"]), (400, &json!(400)), "{problem}");
    assert_eq!(problem["type"], format!("urn:mlship:problem:{slug}"), "{problem}");
    assert_eq!(problem.get("field").and_then(Value::as_str), field, "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with(start), "{problem}");
}

#[test]
fn rows_are_instances_and_come_back_in_order() {
    let (_folder, mut server) = vertex(&bundles::table());
    assert_eq!(server.notice()["event"], "ready");
    let row = |age: u32| json!({"age": age, "visits": 3, "smoker": true});
    let expected = |age: f32| json!({"score": [age + 30.0, 103.0]});
    let rows = json!({"instances": [row(40), row(20), row(61)]});
    answers(&server, rows, json!([expected(40.0), expected(20.0), expected(61.0)]));
    answers(&server, json!({"instances": [row(40)]}), json!([expected(40.0)]));
    let parameters = json!({"parameters": {"a": [1, {}]}, "instances": [row(1)]});
    answers(&server, parameters, json!([expected(1.0)]));
    answers(&server, json!({"instances": [row(1)], "parameters": null}), json!([expected(1.0)]));
    // All other routes stay.
    let address = &server.address;
    let plain = request(address, "POST", "/predict", row(40).to_string());
    assert_eq!((plain.status, plain.json()), (200, expected(40.0)));
    let wrapped = request(address, "POST", "/predict", json!({"instances": []}).to_string());
    assert_eq!(wrapped.status, 422);
    for path in [HEALTH, "/healthz", "/readyz"] {
        assert_eq!(request(address, "GET", path, "").status, 200);
    }
    let method = request(address, "GET", PREDICT, "");
    assert_eq!((method.status, method.header("allow")), (405, Some("POST")));
}

#[test]
fn a_refusal_is_400_and_names_the_place() {
    let bounds = Bounds { rows: 5, body_bytes: 2000, ..Bounds::default() };
    let (_folder, server) = vertex(&Bundle { bounds, ..bundles::table() });
    let row = json!({"age": 40, "visits": 3, "smoker": true});
    let with = |change: Value| {
        let mut rows = vec![row.clone(); 5];
        rows[3] = change;
        json!({ "instances": rows }).to_string()
    };
    let wrong = json!({"age": "old", "visits": 3, "smoker": true});
    let place = "`instances[3].age`: expected a number";
    refuses(&server, &with(wrong), "wrong-type", Some("/instances/3/age"), place);
    let missing = json!({"age": 40, "smoker": true});
    let place = "`instances[3].visits`: column `visits` is missing";
    refuses(&server, &with(missing), "missing", Some("/instances/3/visits"), place);
    refuses(&server, &with(json!(7)), "not-an-object", Some("/instances/3"), "`instances[3]`: ");
    refuses(&server, &with(json!([1])), "not-an-object", Some("/instances/3"), "`instances[3]`: ");
    let list = Some("/instances");
    refuses(&server, r#"{"instances": []}"#, "empty-list", list, "`instances`: expected at least");
    for value in ["{}", "3", "null", "\"x\"", "true", "1.5", "18446744073709551615"] {
        let body = format!(r#"{{"instances": {value}}}"#);
        refuses(&server, &body, "wrong-type", list, "`instances`: expected a list");
    }
    refuses(&server, "{}", "missing", list, "`instances`: field `instances` is missing");
    refuses(&server, r#"{"parameters": {}}"#, "missing", list, "`instances`: ");
    refuses(&server, &row.to_string(), "unknown", Some("/age"), "`age`: the request has no field");
    let body = format!(r#"{{"instances": [{row}], "instances": [{row}]}}"#);
    refuses(&server, &body, "duplicate", list, "`instances`: the list is given twice");
    refuses(&server, &format!("[{row}]"), "not-an-object", None, "invalid type: sequence");
    refuses(&server, r#"{"instances": [{"age": NaN}]}"#, "not-json", None, "`NaN` is not JSON");
    for body in ["", "{", r#"{"instances": [{}"#] {
        let answer = request(&server.address, "POST", PREDICT, body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.json());
    }
    let many = json!({"instances": vec![&row; 6]});
    assert_eq!(post(&server, &many).status, 413);
    assert_eq!(post(&server, &json!({"instances": "x".repeat(2000)})).status, 413);
}

#[test]
fn tensors_are_named_or_alone_where_there_is_one() {
    let (_folder, server) = vertex(&bundles::linear());
    let expected = json!([{"y": [70.0, 103.0]}, {"y": [1.0, 0.0]}]);
    answers(&server, json!({"instances": [[40, 3, 1], [1, 0, 0]]}), expected.clone());
    answers(&server, json!({"instances": [{"x": [40, 3, 1]}, [1, 0, 0]]}), expected);
    // A whole batch is one instance, and its answer one prediction.
    let batch = json!([{"y": [[70.0, 103.0], [1.0, 0.0]]}]);
    answers(&server, json!({"instances": [[[40, 3, 1], [1, 0, 0]]]}), batch);
    let place = "`instances[1]`: expected the shape [?, 3]";
    let short = r#"{"instances": [[40, 3, 1], [1, 0]]}"#;
    refuses(&server, short, "wrong-shape", Some("/instances/1"), place);
    let text = r#"{"instances": [[40, 3, 1], [1, "x", 0]]}"#;
    let place = "`instances[1][1]`: expected a number";
    refuses(&server, text, "wrong-type", Some("/instances/1/1"), place);
    let object = r#"{"instances": [[40, {}, 1]]}"#;
    refuses(&server, object, "wrong-type", Some("/instances/0/1"), "`instances[0][1]`: ");
    refuses(
        &server,
        r#"{"instances": [3]}"#,
        "wrong-shape",
        Some("/instances/0"),
        "`instances[0]`",
    );
    let named = r#"{"instances": [{"x": [1, 2]}]}"#;
    refuses(&server, named, "wrong-shape", Some("/instances/0/x"), "`instances[0].x`: ");
    let plain = request(&server.address, "POST", "/predict", "[[40, 3, 1]]");
    assert_eq!(plain.json()["type"], "urn:mlship:problem:not-an-object");
    // Single values, where an example is one.
    let (_folder, server) = vertex(&bundles::infinite());
    assert_eq!(post(&server, &json!({"instances": [4, 0.5]})).json()["predictions"][1]["r"], 2.0);
}

#[test]
fn health_is_200_only_when_the_model_is_ready() {
    let bundle = bundles::table();
    let folder = bundles::write(&bundle);
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let variables = [
        ("AIP_PREDICT_ROUTE", PREDICT),
        ("AIP_HEALTH_ROUTE", "/"),
        ("MLSHIP_LISTEN", "127.0.0.1:0"),
        ("MLSHIP_KEY", "s3cret"),
    ];
    let mut server = Server::start_with(folder.path(), &variables);
    assert_eq!(server.notice()["event"], "failed");
    assert_eq!(request(&server.address, "GET", "/", "").status, 500);
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    assert_eq!(request(&server.address, "POST", PREDICT, "{}").status, 401);
}

#[test]
fn a_service_listens_for_everybody_at_its_port_and_ends_when_it_is_asked_to() {
    let bounds = Bounds { timeout_s: 600, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::slow() });
    let variables = [("K_SERVICE", "heart"), ("K_REVISION", "heart-1"), ("PORT", "0")];
    let mut server = Server::start_with(folder.path(), &variables);
    let port = server.address.strip_prefix("0.0.0.0:").expect("every interface").to_owned();
    let address = format!("127.0.0.1:{port}");
    assert_eq!(server.notice()["event"], "ready");
    // Neither a prediction of minutes nor a caller that says nothing holds it up.
    let mut busy = Client::connect(&address);
    busy.begin("POST", "/predict", r#"{"times": [2000000000]}"#);
    let mut silent = Client::connect(&address);
    silent.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{");
    assert_eq!(request(&address, "GET", "/healthz", "").status, 200);
    server.signal("TERM");
    assert_eq!(server.notice()["event"], "stopped");
    assert!(server.wait().success());
}
