//! The HTTP host: routes, bounds, and what it does with callers that misbehave.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::time::{Duration, Instant};

use mlship_bundle::{Bounds, Bundle};
use serde_json::json;
use support::bundles;
use support::client::{Client, request};
use support::server::Server;

const ROW: &str = r#"{"age": 40, "visits": 3, "smoker": true}"#;

#[test]
fn routes_and_what_they_refuse() {
    let folder = bundles::write(&bundles::table());
    let mut server = Server::start(folder.path());
    let address = server.address.clone();
    assert_eq!(request(&address, "GET", "/healthz", "").json(), json!({"status": "alive"}));
    assert_eq!(server.notice()["event"], "ready");
    assert_eq!(request(&address, "GET", "/readyz", "").json(), json!({"status": "ready"}));
    let answer = request(&address, "POST", "/predict", ROW);
    assert_eq!((answer.status, answer.json()), (200, json!({"score": [70.0, 103.0]})));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let missing = request(&address, "GET", "/elsewhere", "");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("content-type"), Some("application/problem+json"));
    let method = request(&address, "GET", "/predict", "");
    assert_eq!((method.status, method.header("allow")), (405, Some("POST")));
    let method = request(&address, "DELETE", "/healthz", "");
    assert_eq!((method.status, method.header("allow")), (405, Some("GET, HEAD")));
    // A page of another origin is told nothing that would let it in.
    let preflight = request(&server.address, "OPTIONS", "/predict", "");
    assert_eq!((preflight.status, preflight.header("allow")), (405, Some("POST")));
    assert_eq!(preflight.header("access-control-allow-origin"), None);
    // A slash behind a path is nothing; two are another path.
    assert_eq!(request(&server.address, "POST", "/predict/", ROW).status, 200);
    assert_eq!(request(&server.address, "GET", "/readyz/", "").status, 200);
    assert_eq!(request(&server.address, "POST", "/predict//", ROW).status, 404);
    let bad = request(&address, "POST", "/predict", "[]");
    assert_eq!((bad.status, &bad.json()["status"]), (422, &json!(422)));
}

#[test]
fn one_connection_serves_many_requests_and_errors_do_not_end_it() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    let mut client = Client::connect(&server.address);
    for _ in 0..3 {
        assert_eq!(client.request("POST", "/predict", ROW).status, 200);
        assert_eq!(client.request("POST", "/predict", "{").status, 400);
        assert_eq!(client.request("GET", "/nowhere", "").status, 404);
    }
}

#[test]
fn callers_do_not_disturb_each_other() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    std::thread::scope(|scope| {
        for caller in 0..16 {
            let address = &server.address;
            scope.spawn(move || {
                let mut client = Client::connect(address);
                for visit in 0..20 {
                    let row = json!({"age": caller, "visits": visit, "smoker": false}).to_string();
                    let expected =
                        json!({"score": [caller as f32 + 10.0 * visit as f32, visit as f32]});
                    assert_eq!(client.request("POST", "/predict", row).json(), expected);
                }
            });
        }
    });
}

#[test]
fn chunked_bodies_are_taken_and_bounded() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let server = Server::start(folder.path());
    let head = "POST /predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut client = Client::connect(&server.address);
    client.send(head);
    for byte in ROW.bytes() {
        client.send([b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.send(head);
    for _ in 0..1000 {
        client.send(format!("40\r\n{}\r\n", " ".repeat(64)));
    }
    client.send("0\r\n\r\n");
    assert_eq!(client.response().status, 413);
    let mut client = Client::connect(&server.address);
    client.send(head);
    client.send("no length\r\n");
    assert_eq!(client.response().status, 400);
}

#[test]
fn a_body_over_the_bound_is_refused_and_its_sender_hears_it() {
    let bounds = Bounds { body_bytes: 1000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let server = Server::start(folder.path());
    let refused = request(&server.address, "POST", "/predict", vec![b' '; 4_000_000]);
    assert_eq!(refused.status, 413);
    assert!(refused.json()["detail"].as_str().unwrap().contains("1000"));
    // Announced and never sent: the announcement is enough.
    let mut client = Client::connect(&server.address);
    client.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n");
    assert_eq!(client.response().status, 413);
}

#[test]
fn all_bodies_together_are_bounded() {
    let bounds = Bounds { body_bytes: 1_000_000, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::table() });
    let server = Server::start(folder.path());
    let mut held: Vec<Client> = Vec::new();
    for _ in 0..4 {
        let mut client = Client::connect(&server.address);
        client.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
        held.push(client);
    }
    // What is announced and not sent keeps nobody out.
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    for client in &mut held {
        client.send(vec![b' '; 999_999]);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    let large = format!("{ROW}{}", " ".repeat(20_000));
    let busy = loop {
        let reply = request(&server.address, "POST", "/predict", &large);
        if reply.status != 200 {
            break reply;
        }
        assert!(Instant::now() < deadline, "bodies are not bounded together");
        // What was just answered had its share too, and one of the large ones may have missed it.
        let mut another = Client::connect(&server.address);
        another.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
        another.send(vec![b' '; 999_999]);
        held.push(another);
    };
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("1")));
    // Those do not keep out who asks with little.
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    held.clear();
    let deadline = Instant::now() + Duration::from_secs(20);
    while request(&server.address, "POST", "/predict", &large).status != 200 {
        assert!(Instant::now() < deadline, "the shares of callers that left are not given back");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn slow_callers_are_let_go() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start_with(folder.path(), &[("MLSHIP_READ_TIMEOUT_S", "1")]);
    let mut head = Client::connect(&server.address);
    head.send("POST /predict HTTP/1.1\r\nhost:");
    let mut body = Client::connect(&server.address);
    body.send("POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{");
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
    assert_eq!(body.response().status, 408);
    let _ = head.stream.get_ref().set_read_timeout(Some(Duration::from_secs(20)));
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut head.stream, &mut rest).expect("the connection is closed");
}

#[test]
fn what_is_no_http_does_not_end_the_process() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    for bytes in
        [&b"\x16\x03\x01\x02\x00"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", &[b'a'; 200_000]]
    {
        let mut client = Client::connect(&server.address);
        let _ = std::io::Write::write_all(client.stream.get_mut(), bytes);
        let _ = client.stream.get_ref().shutdown(std::net::Shutdown::Write);
        let _ = std::io::Read::read_to_end(&mut client.stream, &mut Vec::new());
    }
    assert_eq!(request(&server.address, "POST", "/predict", ROW).status, 200);
}

#[test]
fn a_model_that_cannot_be_loaded_leaves_the_port_answering() {
    let folder = bundles::write(&bundles::table());
    std::fs::write(folder.path().join("model.onnx"), b"not a graph").unwrap();
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "failed");
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    for (method, path) in [("GET", "/readyz"), ("POST", "/predict")] {
        let failed = request(&server.address, method, path, ROW);
        assert_eq!(failed.status, 500);
        assert_eq!(failed.json()["type"], "urn:mlship:problem:not-loaded");
    }
}

#[test]
fn weights_are_prepacked_behind_the_first_answer_when_that_is_asked_for() {
    let folder = bundles::write(&bundles::table());
    let mut server = Server::start_with(folder.path(), &[("MLSHIP_PREPACK", "later")]);
    assert_eq!(server.notice()["event"], "ready");
    let before = request(&server.address, "POST", "/predict", ROW);
    assert_eq!(before.status, 200);
    assert_eq!(server.notice()["event"], "prepacked");
    for _ in 0..3 {
        assert_eq!(request(&server.address, "POST", "/predict", ROW).body, before.body);
    }
    server.signal("TERM");
    assert_eq!(server.notice()["event"], "stopped", "it was prepacked twice");
    let mut command = std::process::Command::new(support::RUNTIME);
    command.arg("--bundle").arg(folder.path()).env("MLSHIP_PREPACK", "sometimes");
    let refused = command.output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("MLSHIP_PREPACK") && said.contains("sometimes"), "{said}");
}

#[test]
fn a_prediction_under_way_is_answered_before_the_end() {
    let folder = bundles::write(&bundles::slow());
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let mut client = Client::connect(&server.address);
    let mut idle = Client::connect(&server.address);
    assert_eq!(idle.request("GET", "/healthz", "").status, 200);
    let body = r#"{"times": [3000]}"#;
    client.send("POST /predict HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n");
    client.send(format!("content-length: {}\r\n\r\n", body.len()));
    // The server asks for the body: the request is under way.
    assert_eq!(client.response().status, 100);
    server.signal("TERM");
    client.send(body);
    assert_eq!(client.response().status, 200);
    assert!(idle.is_closed());
    assert_eq!(server.notice()["event"], "stopped");
    assert!(server.wait().success());
}

#[test]
fn an_overdue_prediction_is_said_to_be_and_ends_the_process() {
    let bounds = Bounds { timeout_s: 1, ..Bounds::default() };
    let folder = bundles::write(&Bundle { bounds, ..bundles::slow() });
    let mut server = Server::start(folder.path());
    let mut client = Client::connect(&server.address);
    client.begin("POST", "/predict", r#"{"times": [2000000000]}"#);
    // Health is answered while the model computes.
    assert_eq!(request(&server.address, "GET", "/healthz", "").status, 200);
    let overdue = client.response();
    assert_eq!(overdue.status, 504);
    assert_eq!(overdue.json()["type"], "urn:mlship:problem:overdue");
    assert_eq!(server.wait().code(), Some(70));
}

#[test]
fn a_body_that_is_compressed_on_its_way_is_refused() {
    let folder = bundles::write(&bundles::table());
    let server = Server::start(folder.path());
    let body = r#"{"visits": 1, "smoker": true}"#;
    for (header, status) in [
        ("content-encoding: gzip", 415),
        ("content-encoding: identity", 200),
        ("content-type: \u{ff}", 415),
    ] {
        let mut client = Client::connect(&server.address);
        let head = format!("POST /predict HTTP/1.1\r\nhost: x\r\n{header}\r\n");
        // The letter above is one byte on the way, and no UTF-8.
        let head: Vec<u8> = head.chars().map(|letter| letter as u8).collect();
        client.send(head);
        client.send(format!("content-length: {}\r\n\r\n{body}", body.len()));
        assert_eq!(client.response().status, status, "{header}");
    }
}
