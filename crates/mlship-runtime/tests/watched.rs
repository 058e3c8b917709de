//! What an operator sees: the counts, as Prometheus' own parser reads them, and one line a request.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::bundles;
use support::client::{Client, request};
use support::server::Server;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

/// Reads the text format and writes `{"name{label=value}": value}`.
const PARSER: &str = r#"
import json, sys
from prometheus_client.parser import text_string_to_metric_families as read
samples = {}
for family in read(sys.stdin.read()):
    assert family.type in ("counter", "gauge", "histogram") and family.documentation, family
    for sample in family.samples:
        labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
        key = f"{sample.name}{{{labels}}}"
        assert key not in samples, key
        samples[key] = sample.value
print(json.dumps(samples))
"#;

fn parsed(text: &[u8]) -> Value {
    let mut parser = Command::new(mlship_testkit::tools::clients_python())
        .args(["-c", PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    parser.stdin.take().unwrap().write_all(text).unwrap();
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(text));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn prometheus_reads_what_was_counted() {
    let bundle = mlship_bundle::Bundle { name: "a \"b\"\\\nc".into(), ..bundles::table() };
    let folder = bundles::write_with(&bundle, &support::tiny("linear"));
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    for _ in 0..3 {
        assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    }
    assert_eq!(request(&server.address, "POST", "/predict", "{").status, 400);
    for path in ["/x", "/y{z=\"1\"}", "/predict/../etc"] {
        assert_eq!(request(&server.address, "GET", path, "").status, 404);
    }
    let reply = request(&server.address, "GET", "/metrics", "");
    assert_eq!(reply.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let samples = parsed(&reply.body);
    for (name, value) in [
        ("mlship_requests_total{route=/predict,status=2xx}", 3.0),
        ("mlship_requests_total{route=/predict,status=4xx}", 1.0),
        ("mlship_requests_total{route=/predict,status=5xx}", 0.0),
        ("mlship_requests_total{route=other,status=4xx}", 3.0),
        ("mlship_problems_total{kind=not-json}", 1.0),
        ("mlship_problems_total{kind=not-found}", 3.0),
        ("mlship_problems_total{kind=busy}", 0.0),
        ("mlship_request_duration_seconds_count{route=/predict}", 4.0),
        ("mlship_request_duration_seconds_bucket{le=+Inf,route=/predict}", 4.0),
        ("mlship_requests_in_flight{}", 1.0),
        ("mlship_requests_queued{}", 0.0),
        ("mlship_ready{}", 1.0),
    ] {
        assert_eq!(samples[name].as_f64(), Some(value), "{name} in {samples:#}");
    }
    let digest = "0".repeat(64);
    let version = env!("CARGO_PKG_VERSION");
    let info = format!(
        "mlship_model_info{{engine=neural,name=a \"b\"\\\nc,sha256={digest},version={version}}}"
    );
    assert_eq!(samples[&info].as_f64(), Some(1.0), "{samples:#}");
    for positive in [
        "mlship_model_load_seconds{}",
        "process_resident_memory_bytes{}",
        "process_start_time_seconds{}",
        "mlship_request_duration_seconds_sum{route=/predict}",
    ] {
        assert!(samples[positive].as_f64().unwrap() > 0.0, "{positive} in {samples:#}");
    }
}

#[test]
fn counts_are_behind_the_key() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start_with(folder.path(), &[("MLSHIP_KEY", "k")]);
    assert_eq!(request(&server.address, "GET", "/metrics", "").status, 401);
    let mut client = Client::connect(&server.address);
    client.send("GET /metrics HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\n\r\n");
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_line_a_request_says_where_and_how_long_and_nothing_of_what() {
    let folder = bundles::write(&bundles::table());
    let environment =
        [("MLSHIP_LOG", "requests"), ("K_SERVICE", "s"), ("GOOGLE_CLOUD_PROJECT", "p")];
    let environment = [&environment[..], &[("MLSHIP_LISTEN", "127.0.0.1:0")]].concat();
    let mut server = Server::start_with(folder.path(), &environment);
    assert_eq!(server.notice()["event"], "ready");
    let mut client = Client::connect(&server.address);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    client.send("POST /predict?secret=hush HTTP/1.1\r\nhost: x\r\nx-request-id: a<b>\tc\r\n");
    client.send(format!("traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n"));
    client.send(format!("authorization: Bearer hush\r\ncontent-length: {}\r\n\r\n", ROW.len()));
    client.send(ROW);
    let reply = client.response();
    assert_eq!((reply.status, reply.header("x-request-id")), (200, Some("abc")));
    let line = server.notice();
    assert_eq!(line["event"], "request", "{line}");
    for (field, value) in [
        ("severity", json!("INFO")),
        ("request_id", json!("abc")),
        ("logging.googleapis.com/trace", json!(format!("projects/p/traces/{trace}"))),
        ("method", json!("POST")),
        ("route", json!("/predict")),
        ("status", json!(200)),
        ("bytes_in", json!(ROW.len())),
        ("bytes_out", json!(reply.body.len())),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
    assert!(line["milliseconds"].as_f64().unwrap() > 0.0, "{line}");
    request(&server.address, "BREW", "/hush", r#"{"age": "hush"}"#);
    let refused = server.notice();
    assert_eq!((&refused["route"], &refused["method"]), (&json!("other"), &json!("other")));
    assert_eq!(refused["problem"], "not-found");
    let hush = r#"{"age": "hush"}"#;
    assert_eq!(request(&server.address, "POST", "/predict", hush).status, 422);
    let refused = server.notice();
    assert_eq!(refused["severity"], "WARNING");
    assert!(![line, refused].iter().any(|line| line.to_string().contains("hush")));
}

#[test]
fn problems_alone_are_told_of_unless_more_or_less_is_asked_for() {
    let folder = bundles::write(&bundles::table());
    for (log, expected) in [("", vec![json!(404)]), ("off", vec![])] {
        let mut server = Server::start_with(folder.path(), &[("MLSHIP_LOG", log)]);
        assert_eq!(server.notice()["event"], "ready");
        assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
        assert_eq!(request(&server.address, "GET", "/nowhere", "").status, 404);
        server.signal("TERM");
        let notices = server.notices();
        let told = notices.iter().filter(|notice| notice["event"] == "request");
        let statuses: Vec<_> = told.map(|notice| notice["status"].clone()).collect();
        assert_eq!(statuses, expected, "`{log}`");
    }
    let mut command = Command::new(support::RUNTIME);
    command.arg("--bundle").arg(folder.path()).env("MLSHIP_LOG", "loud");
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}

#[test]
fn nobody_waits_for_who_does_not_read_what_is_told() {
    let folder = bundles::write(&bundles::table());
    let mut server = Server::start_with(folder.path(), &[("MLSHIP_LOG", "requests")]);
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    // Far more than a pipe holds, and nobody reads it.
    let mut client = Client::connect(&server.address);
    for _ in 0..2_000 {
        client.send("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(client.response().status, 200);
    }
    server.signal("TERM");
    let notices = server.notices();
    let left_out: u64 = notices.iter().filter_map(|notice| notice["lines"].as_u64()).sum();
    let told = notices.iter().filter(|notice| notice["event"] == "request").count() as u64;
    assert!(left_out > 0 && told + left_out >= 2_000, "{told} told, {left_out} left out");
}
