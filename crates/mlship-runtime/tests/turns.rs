//! Requests that wait for the model: how many may, who goes first, and what one run answers.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Batching, Bounds, Bundle, Serving};
use serde_json::{Value, json};
use support::bundles;
use support::client::{Client, Response, request};
use support::server::Server;

/// Keeps the model of `slow` busy for a while.
fn occupy(server: &Server, times: u32) -> Client {
    let mut client = Client::connect(&server.address);
    client.begin("POST", "/predict", json!({ "times": [times] }).to_string());
    server.wait_for("mlship_requests_in_flight", 2.0);
    client
}

#[test]
fn more_than_may_wait_are_told_at_once_to_come_again() {
    let serving = Serving { queue: 1, ..Serving::default() };
    let folder = bundles::write(&Bundle { serving, ..bundles::slow() });
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let mut first = occupy(&server, 100_000);
    let mut second = Client::connect(&server.address);
    second.begin("POST", "/predict", r#"{"times": [10]}"#);
    server.wait_for("mlship_requests_queued", 1.0);
    let third = request(&server.address, "POST", "/predict", r#"{"times": [10]}"#);
    assert_eq!((third.status, third.header("retry-after")), (503, Some("1")));
    assert_eq!(third.json()["type"], "urn:mlship:problem:busy");
    // It was said while the others still wait.
    assert_eq!(server.metric("mlship_requests_queued"), 1.0);
    assert_eq!([first.response().status, second.response().status], [200, 200]);
    assert_eq!(server.metric("mlship_requests_queued"), 0.0);
}

#[test]
fn a_caller_in_a_hurry_ends_its_own_request_and_not_the_process() {
    let folder = bundles::write(&bundles::slow());
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let mut hurried = Client::connect(&server.address);
    let body = r#"{"times": [100000]}"#;
    hurried.send("POST /predict HTTP/1.1\r\nhost: x\r\nx-envoy-expected-rq-timeout-ms: 1\r\n");
    hurried.send(format!("content-length: {}\r\n\r\n{body}", body.len()));
    let overdue = hurried.response();
    assert_eq!(overdue.json()["type"], "urn:mlship:problem:overdue");
    let after = request(&server.address, "POST", "/predict", r#"{"times": [10]}"#);
    assert_eq!(after.status, 200);
}

/// Sends all at once, on connections of their own.
fn together(server: &Server, path: &str, bodies: &[Value]) -> Vec<Response> {
    let mut callers: Vec<_> = bodies.iter().map(|_| Client::connect(&server.address)).collect();
    for (caller, body) in callers.iter_mut().zip(bodies) {
        caller.begin("POST", path, body.to_string());
    }
    callers.iter_mut().map(Client::response).collect()
}

fn batching(examples: usize) -> Serving {
    // Long: a run begins when it is full.
    Serving { batching: Some(Batching { examples, wait_ms: 20_000 }), ..Serving::default() }
}

#[test]
fn one_run_answers_several_requests_each_with_its_own() {
    let folder = bundles::write(&Bundle { serving: batching(6), ..bundles::table() });
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let row = |age: usize| json!({"age": age, "visits": 0, "smoker": false});
    let score = |age: usize| json!({"score": [age as f32, 0.0]});
    // Six examples: a single one, a list of two, three single ones.
    let bodies = [row(1), json!([row(2), row(3)]), row(4), row(5), row(6)];
    let answers = [score(1), json!([score(2), score(3)]), score(4), score(5), score(6)];
    let replies = together(&server, "/predict", &bodies);
    for (reply, answer) in replies.iter().zip(&answers) {
        assert_eq!((reply.status, &reply.json()), (200, answer));
    }
    assert_eq!(server.metric("mlship_batch_examples_count"), 1.0);
    assert_eq!(server.metric("mlship_batch_examples_sum"), 6.0);
}

#[test]
fn a_request_that_fails_takes_none_with_it() {
    let folder = bundles::write(&Bundle { serving: batching(3), ..bundles::words() });
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let ids = |id: i64| json!({"ids": [[id]]});
    let alone = bundles::write(&bundles::words());
    let expected: Vec<_> =
        [1, 0].map(|id| support::answer(alone.path(), ids(id).to_string()).1).into();
    let replies = together(&server, "/predict", &[ids(1), ids(123_456), ids(0)]);
    let statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [200, 422, 200]);
    assert_eq!([replies[0].json(), replies[2].json()], expected[..]);
    assert_eq!(server.metric("mlship_batch_examples_count"), 1.0);
}

#[test]
fn what_is_of_another_shape_runs_apart() {
    let batching = Some(Batching { examples: 2, wait_ms: 1 });
    let bounds = Bounds { rows: 100, timeout_s: 20, ..Bounds::default() };
    let serving = Serving { batching, ..Serving::default() };
    let folder = bundles::write(&Bundle { serving, bounds, ..bundles::words() });
    let mut server = Server::start(folder.path());
    assert_eq!(server.notice()["event"], "ready");
    let bodies = [json!({"ids": [[0]]}), json!({"ids": [[0, 1]]}), json!({"ids": [1, 0, 1]})];
    for reply in together(&server, "/predict", &bodies) {
        assert_eq!(reply.status, 200);
    }
    assert_eq!(server.metric("mlship_batch_examples_count"), 3.0);
}
