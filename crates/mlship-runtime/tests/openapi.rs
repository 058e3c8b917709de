//! The description at `/openapi.json`: what is in it, and whether what it says is true.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::client::{Client, request};
use support::server::Server;
use support::{bundles, shown};

fn description(server: &Server) -> Value {
    let reply = request(&server.address, "GET", "/openapi.json", "");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

#[test]
fn a_table_is_described_with_its_types_and_samples() {
    let folder = shown::table();
    let server = Server::start(folder.path());
    let document = description(&server);
    let example = &document["components"]["schemas"]["Example"];
    assert_eq!(example["required"], json!(["visits", "smoker"]));
    assert_eq!(example["properties"]["age"]["type"], json!(["number", "null"]));
    assert_eq!(example["properties"]["visits"]["type"], "integer");
    assert_eq!(example["properties"]["smoker"], json!({"type": "boolean"}));
    let label = &document["components"]["schemas"]["Prediction"]["properties"]["label"];
    assert_eq!(label["enum"], json!(["healthy", "heart-disease"]));
    let predict = &document["paths"]["/predict"]["post"];
    let content = &predict["requestBody"]["content"]["application/json"];
    let sample = json!({"value": {"age": 40, "visits": 3, "smoker": true}});
    assert_eq!(content["examples"]["sample-1"], sample);
    let problem = "#/components/schemas/Problem";
    for status in ["400", "408", "413", "422", "500", "503", "504"] {
        let content = &predict["responses"][status]["content"]["application/problem+json"];
        assert_eq!(content["schema"]["$ref"], problem, "{status}");
    }
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    for path in &paths {
        let reply = request(&server.address, "GET", path, "");
        assert_ne!(reply.status, 404, "{path} is described and not there");
    }
    assert_eq!(document["info"]["title"], "linear");
    assert!(document.get("security").is_none(), "{document}");
    assert_eq!(document["servers"], json!([{"url": "."}]));
}

#[test]
fn a_key_is_said_and_guards_the_description() {
    let folder = shown::table();
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "s3cret")]);
    assert_eq!(request(&server.address, "GET", "/openapi.json", "").status, 401);
    let mut client = Client::connect(&server.address);
    client.send("GET /openapi.json HTTP/1.1\r\nhost: x\r\nx-api-key: s3cret\r\n\r\n");
    let document = client.response().json();
    assert_eq!(document["security"], json!([{"bearer": []}, {"header": []}]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert_eq!(document["paths"]["/healthz"]["get"]["security"], json!([]));
    assert!(document["paths"]["/predict"]["post"]["responses"]["401"].is_object());
}

#[test]
fn samples_that_are_no_json_or_too_long_are_left_out() {
    let folder = shown::write(&bundles::linear(), &[json!({"x": vec![[0; 3]; 20_000]}), json!(1)]);
    std::fs::write(folder.path().join("sample-1.json"), b"\xff\xd8\xff").unwrap();
    let server = Server::start(folder.path());
    let document = description(&server);
    let predict = &document["paths"]["/predict"]["post"];
    assert!(predict["requestBody"]["content"]["application/json"].get("examples").is_none());
}

/// Schemathesis makes requests of the description, good ones and bad ones, and looks whether the
/// service does as it says. That a tensor of the Open Inference Protocol has as many values as its
/// shape says no schema can say, nor what a file of CSV holds: there a request that fits the schema
/// may be refused.
fn is_true(folder: &Path, environment: &[(&str, &str)], header: Option<&str>) {
    let server = Server::start_with(folder, environment);
    let document = described(&server, header);
    let mut json_alone = document.clone();
    let forms = &mut json_alone["paths"]["/predict"]["post"]["requestBody"]["content"];
    forms.as_object_mut().unwrap().retain(|form, _| form == "application/json");
    judge(&server, &json_alone, header, &["--exclude-path-regex", "/infer$"]);
    let except = "--exclude-checks=positive_data_acceptance";
    let which = ["--include-path-regex", "/infer$|/predict$", except];
    judge(&server, &document, header, &which);
    assert_eq!(request(&server.address, "GET", "/readyz", "").status, 200);
}

/// Too many rows are refused as well, with a status that it does not think of.
const REFUSED: &str = "[checks.negative_data_rejection]\n\
    expected-statuses = [400, 401, 404, 405, 413, 415, 422]\n";

/// What the service says of itself to who shows the header.
fn described(server: &Server, header: Option<&str>) -> Value {
    let mut client = Client::connect(&server.address);
    let header = header.map(|header| format!("{header}\r\n")).unwrap_or_default();
    client.send(format!("GET /openapi.json HTTP/1.1\r\nhost: x\r\n{header}\r\n"));
    client.response().json()
}

fn judge(server: &Server, document: &Value, header: Option<&str>, which: &[&str]) {
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(scratch.path().join("schemathesis.toml"), REFUSED).unwrap();
    std::fs::write(scratch.path().join("openapi.json"), document.to_string()).unwrap();
    let mut command = Command::new(mlship_testkit::tools::tool("clients/bin/schemathesis"));
    command.args(["run", "--checks=all", "--max-examples=25", "--seed=6", "--no-color"]);
    command.args(["--generation-database=none", "--phases=examples,coverage,fuzzing"]);
    command.args(["--warnings=off", "--request-timeout=20"]).args(which);
    if let Some(header) = header {
        command.args(["--header", header]);
    }
    command.args(["--url", &format!("http://{}", server.address), "openapi.json"]);
    let output = command.current_dir(scratch.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("No issues found"), "{said}");
}

#[test]
fn nothing_that_is_said_of_a_table_is_untrue() {
    is_true(shown::table().path(), &[], None);
}

#[test]
fn nothing_that_is_said_of_texts_behind_a_key_is_untrue() {
    let header = "Authorization: Bearer s3cret";
    is_true(shown::text().path(), &[("MLSHIP_KEY", "s3cret")], Some(header));
}

#[test]
fn nothing_that_is_said_of_tensors_is_untrue() {
    is_true(shown::tensor().path(), &[], None);
}
