//! Responses that Lambda passes on as they come, against a stand-in for its Runtime API.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use mlship_bundle::{Bounds, Bundle};
use serde_json::{Value, json};
use support::bundles;
use support::runtime_api::{RuntimeApi, Sent};

const STREAM: (&str, &str) = ("MLSHIP_RESPONSE_MODE", "stream");

/// So many rows that their answer is longer than the 6 MB that Lambda takes at once.
const ROWS: usize = 120_000;

fn event(path: &str, body: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default"},
        "body": body, "isBase64Encoded": false
    })
}

/// A model whose answers are longer than its requests.
fn classifier() -> Bundle {
    let bounds = Bounds { rows: ROWS, ..Bounds::default() };
    Bundle { bounds, ..bundles::classifier() }
}

/// The head and the body of a streamed response.
fn parts(sent: &Sent) -> (Value, Vec<u8>) {
    assert_eq!(sent.to, "response");
    assert_eq!(sent.header("lambda-runtime-function-response-mode"), Some("streaming"));
    let media_type = "application/vnd.awslambda.http-integration-response";
    assert_eq!(sent.header("content-type"), Some(media_type));
    let bytes = sent.body();
    let end = bytes.windows(8).position(|window| window == [0; 8]).unwrap();
    (serde_json::from_slice(&bytes[..end]).unwrap(), bytes[end + 8..].to_vec())
}

#[test]
fn an_answer_that_is_too_long_for_lambda_is_streamed_in_bounded_pieces() {
    let folder = bundles::write(&classifier());
    let rows = vec!["[1,2,3]"; ROWS].join(",");
    let event = event("/predict", &format!(r#"{{"x":[{rows}]}}"#));
    let mut lambda = RuntimeApi::start(folder.path(), &[]);
    let whole: Value = serde_json::from_slice(&lambda.invoke(&event).body()).unwrap();
    assert_eq!(whole["statusCode"], 500, "{whole}");
    assert!(whole["body"].as_str().unwrap().contains("answer-too-large"), "{whole}");
    let mut lambda = RuntimeApi::start(folder.path(), &[STREAM]);
    let sent = lambda.invoke(&event);
    let (head, body) = parts(&sent);
    assert_eq!(head["statusCode"], 200, "{head}");
    assert_eq!(head["headers"]["content-type"], "application/json");
    assert!(body.len() > 6 << 20, "{}", body.len());
    let answers = body.windows(11).filter(|window| window == br#""diagnosis""#).count();
    assert_eq!((answers, body[0], body[body.len() - 1]), (ROWS, b'[', b']'));
    assert!(sent.pieces.iter().all(|piece| piece.len() <= 64 << 10));
}

#[test]
fn problems_are_streamed_too_and_the_connection_goes_on() {
    let folder = bundles::write(&classifier());
    let mut lambda = RuntimeApi::start(folder.path(), &[STREAM]);
    for _ in 0..2 {
        let (head, body) = parts(&lambda.invoke(&event("/predict/", "{")));
        assert_eq!((&head["statusCode"], body[0]), (&json!(400), b'{'));
        let (head, _) = parts(&lambda.invoke(&event("/elsewhere", "{}")));
        assert_eq!(head["statusCode"], 404);
        // What is no HTTP request is answered at once, as it is where nothing is streamed.
        let direct = lambda.invoke(&json!({"x": [[1, 2, 3]]}));
        assert_eq!(direct.header("lambda-runtime-function-response-mode"), None);
        assert!(
            serde_json::from_slice::<Value>(&direct.body()).unwrap()[0]["diagnosis"].is_string()
        );
        let failed = lambda.invoke(&json!({"x": 1}));
        assert_eq!((failed.to.as_str(), failed.pieces.len()), ("error", 1));
    }
}

#[test]
fn a_load_balancer_is_answered_at_once() {
    let folder = bundles::write(&classifier());
    let mut lambda = RuntimeApi::start(folder.path(), &[STREAM]);
    let sent = lambda.invoke(&json!({
        "requestContext": {"elb": {}}, "httpMethod": "POST", "path": "/predict",
        "headers": {}, "body": r#"{"x": [[1, 2, 3]]}"#, "isBase64Encoded": false
    }));
    assert_eq!(sent.header("lambda-runtime-function-response-mode"), None);
    let response: Value = serde_json::from_slice(&sent.body()).unwrap();
    assert_eq!(response["statusDescription"], "200 OK");
}
