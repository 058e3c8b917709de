//! The contract of SageMaker's containers: the real binary, started as it starts one.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::process::Command;

use serde_json::json;
use support::client::{Client, request};
use support::server::Server;
use support::{RUNTIME, bundles};

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

#[test]
fn a_container_is_started_with_serve_and_asked_by_ping_and_invocations() {
    // The model's files are where SageMaker unpacks them, and the binary is elsewhere.
    let base = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bundle = bundles::write(&bundles::table());
    std::fs::rename(bundle.path(), base.path().join("model")).unwrap();
    let variables = [
        ("SAGEMAKER_BASE_DIR", base.path().to_str().unwrap()),
        ("MLSHIP_LISTEN", "127.0.0.1:0"),
        ("K_SERVICE", "not-counted"),
    ];
    let mut server = Server::start_by(&["serve"], &variables);
    assert_eq!(server.notice()["event"], "ready");
    let address = &server.address;
    let ping = request(address, "GET", "/ping", "");
    assert_eq!((ping.status, ping.json()), (200, json!({"status": "ready"})));
    let mut client = Client::connect(address);
    client.send(format!(
        "POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n",
        ROW.len()
    ));
    client.send("content-type: application/json\r\naccept: */*\r\n");
    client.send("x-amzn-sagemaker-custom-attributes: trace-id=1,\u{e9}\r\n\r\n");
    client.send(ROW);
    let answer = client.response();
    assert_eq!((answer.status, answer.json()), (200, json!({"score": [70.0, 103.0]})));
    let refused = request(address, "POST", "/invocations", "[]");
    assert_eq!((refused.status, &refused.json()["status"]), (422, &json!(422)));
    let get = request(address, "GET", "/invocations", "");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    // Models by name are not there, which tells SageMaker that there is one.
    assert_eq!(request(address, "GET", "/models", "").status, 404);
    assert_eq!(request(address, "POST", "/predict", ROW).status, 200);
}

#[test]
fn a_model_that_is_not_loaded_is_not_well() {
    let folder = bundles::write(&bundles::table());
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let mut server = Server::start_with(
        folder.path(),
        &[("SAGEMAKER_BATCH", "true"), ("MLSHIP_LISTEN", "127.0.0.1:0")],
    );
    assert_eq!(server.notice()["event"], "failed");
    // Anything but 200 will do.
    assert_eq!(request(&server.address, "GET", "/ping", "").status, 500);
}

#[test]
fn many_models_in_one_container_are_refused_at_the_start() {
    let folder = bundles::write(&bundles::table());
    let mut command = Command::new(RUNTIME);
    command.args(["--bundle"]).arg(folder.path()).arg("serve");
    let output = command.env("SAGEMAKER_MULTI_MODEL", "true").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("`SAGEMAKER_MULTI_MODEL`: one model is served"), "{said}");
}
