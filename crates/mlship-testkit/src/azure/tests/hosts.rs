//! Handlers that really run.

use std::collections::BTreeMap;

use super::functions::{deploy, host_of, keys, make_container, on_plan};
use super::packages::{Flaw, artifact};
use super::{arm, with};
use crate::azure::{Cloud, Served, host};
use crate::tools;

/// A handler in the test environment's Python: says where it was called and with what.
fn handler() -> Vec<u8> {
    let python = std::fs::canonicalize(tools::folder()).unwrap().join("venv/bin/python");
    let code = r#"
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        said = json.dumps({"path": self.path, "body": body.decode(), "model": os.environ["MODEL"]})
        if self.path == "/predict":
            said = json.dumps({"Outputs": {"answer": {"statusCode": 200, "body": said}}})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
"#;
    format!("#!{}\n{code}", python.display()).into_bytes()
}

#[test]
fn calls_are_handed_on_as_they_came_or_wrapped() {
    let environment = BTreeMap::from([("MODEL".to_owned(), "heart".to_owned())]);
    let run = host::run();
    for proxying in [true, false] {
        let artifact = artifact(Flaw::None, &handler(), proxying);
        let headers = BTreeMap::new();
        let served = Served {
            artifact: &artifact,
            environment: &environment,
            path: "/v2/models/heart/infer?a=b",
            method: "POST",
            headers: &headers,
        };
        let said = run(&served, b"{}").unwrap();
        let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(said["model"], "heart");
        if proxying {
            assert_eq!((&said["path"], &said["body"]), (&served.path.into(), &"{}".into()));
        } else {
            assert_eq!(said["path"], "/predict");
            let sent: serde_json::Value =
                serde_json::from_str(said["body"].as_str().unwrap()).unwrap();
            assert_eq!(sent["Data"]["request"]["Body"], "{}");
            assert_eq!(sent["Data"]["request"]["Query"]["a"], "b");
            assert_eq!(sent["Metadata"]["sys"]["MethodName"], "predict");
        }
    }
}

#[test]
fn a_handler_that_may_not_be_run_is_said_to_be_so() {
    let artifact = artifact(Flaw::NotExecutable, &handler(), true);
    let error = host::Host::start(&artifact, &BTreeMap::new()).unwrap_err();
    assert!(error.contains("could not start `handler`"), "{error}");
}

#[test]
fn what_was_deployed_runs_and_answers() {
    let cloud = Cloud::start(host::run());
    let location = serde_json::json!({"location": "westeurope"});
    arm(&cloud, "PUT", "", "2024-11-01", &location);
    let (cloud, site) = on_plan(cloud, "FC1");
    make_container(&cloud);
    let artifact = artifact(Flaw::None, &handler(), true);
    assert_eq!(deploy(&cloud, &site, "/api/publish", &artifact), 4);
    let (_, key) = keys(&cloud);
    let headers = [("x-functions-key", key.as_str())];
    let host = host_of(&site, "Standard");
    let said = with(&cloud, "POST", &host, "/invocations", b"[1]", &headers).unwrap();
    assert_eq!(said.status, 200);
    assert_eq!(said.value()["body"], "[1]");
    assert_eq!(said.value()["model"], "heart");
}
