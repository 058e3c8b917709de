//! Texts in, labels and vectors out, by the real binary.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::Path;

use mlship_bundle::{Activation, Bundle, Classify, Embed, Input, Output, Pooling, TokenizerForm};
use serde_json::{Value, json};
use support::bundles;
use support::client::request;
use support::server::Server;
use support::{answer, serve_nothing};

fn bundle(output: Output) -> Bundle {
    Bundle { output, ..bundles::text() }
}

fn embed(pooling: Pooling, unit_length: bool) -> Bundle {
    let (field, output) = ("vector".into(), "states".into());
    bundle(Output::Embed(Embed { field, output, pooling, unit_length }))
}

fn classify() -> Bundle {
    bundle(Output::Classify(Classify {
        field: "label".into(),
        label_output: None,
        score_output: Some("sum".into()),
        classes: vec!["0".into(), "1".into()],
        labels: vec!["words".into(), "length".into()],
        top: None,
        activation: Activation::None,
        threshold: None,
    }))
}

fn check(folder: &Path, request: Value, expected: Value) {
    assert_eq!(answer(folder, request.to_string()), (0, expected), "{request}");
}

#[test]
fn texts_are_classified_alone_and_together() {
    let folder = bundles::write_text(&classify());
    // 2 + 5 + 3 for `[CLS] a [SEP]`, and 4 a token.
    let short = json!({"label": "length", "probabilities": {"length": 12.0, "words": 10.0}});
    let long = json!({"label": "words", "probabilities": {"words": 29.0, "length": 24.0}});
    check(folder.path(), json!({"text": "A"}), short.clone());
    check(folder.path(), json!("a"), short.clone());
    // Cut to six tokens, `[SEP]` included.
    check(
        folder.path(),
        json!({"text": "bc b b b b"}),
        json!({"label": "words",
        "probabilities": {"words": 30.0, "length": 24.0}}),
    );
    check(folder.path(), json!(["a", {"text": "\u{e1}c b b b b"}]), json!([short, long]));
}

#[test]
fn texts_are_instances_of_vertex() {
    let folder = bundles::write_text(&classify());
    let variables = [("AIP_HTTP_PORT", "8080"), ("MLSHIP_LISTEN", "127.0.0.1:0")];
    let server = Server::start_with(folder.path(), &variables);
    let post = |body: Value| request(&server.address, "POST", "/predict", body.to_string());
    let expected = [answer(folder.path(), "\"a\"").1, answer(folder.path(), "\"b b\"").1];
    let answered = post(json!({"instances": ["a", {"text": "b b"}]}));
    assert_eq!((answered.status, answered.json()), (200, json!({"predictions": expected})));
    let refused = post(json!({"instances": ["a", {"text": 3}]}));
    assert_eq!((refused.status, &refused.json()["field"]), (400, &json!("/instances/1/text")));
    let refused = post(json!({"instances": ["a", {}]}));
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("`instances[1].text`: field `text` is missing"), "{detail}");
    assert_eq!(post(json!("a")).status, 400);
}

#[test]
fn texts_become_vectors() {
    let folder = bundles::write_text(&embed(Pooling::Mean, false));
    let expected = json!([{"vector": [2.5, 4.0]}, {"vector": [4.0, 4.0]}]);
    check(folder.path(), json!(["", "a b"]), expected);
    let folder = bundles::write_text(&embed(Pooling::First, true));
    let length = 20.0_f64.sqrt();
    let (code, found) = answer(folder.path(), "\"b\"");
    assert_eq!(code, 0, "{found}");
    for (found, expected) in found["vector"].as_array().unwrap().iter().zip([2.0, 4.0]) {
        assert!((found.as_f64().unwrap() - expected / length).abs() < 1e-6);
    }
}

#[test]
fn a_text_of_megabytes_is_cut_or_refused() {
    let folder = bundles::write_text(&classify());
    let (code, _) = answer(folder.path(), json!({"text": "b ".repeat(2_500_000)}).to_string());
    assert_eq!(code, 0);
    let (code, problem) =
        answer(folder.path(), json!({"text": "b ".repeat(5_000_000)}).to_string());
    assert_eq!((code, &problem["status"]), (1, &json!(413)));
    assert_eq!(problem["detail"], "at most 6291456 bytes are taken");
}

#[test]
fn a_token_that_the_model_does_not_have_fails_that_request_alone() {
    let folder = bundles::write_text(&classify());
    let (code, problem) = answer(folder.path(), "\"a!\"");
    assert_eq!((code, &problem["status"]), (1, &json!(500)));
    assert_eq!(problem["detail"], "the model failed on this input");
}

#[test]
fn why_the_model_failed_is_told_to_the_operator_alone() {
    let folder = bundles::write_text(&classify());
    let mut server = Server::start(folder.path());
    while server.notice()["event"] != "ready" {}
    let reply = request(&server.address, "POST", "/predict", json!("a!").to_string());
    assert_eq!(
        (reply.status, &reply.json()["detail"]),
        (500, &json!("the model failed on this input"))
    );
    let told = loop {
        let told = server.notice();
        assert_ne!(told["event"], "request", "{told}");
        if told["event"] == "model-failed" {
            break told;
        }
    };
    assert_eq!(told["level"], "error");
    let cause = told["cause"].as_str().unwrap();
    assert!(cause.contains("out of range"), "{cause}");
    assert!(!reply.json().to_string().contains(cause), "{}", reply.json());
}

#[test]
fn a_damaged_or_absent_tokenizer_is_said_at_the_start() {
    let folder = bundles::write_text(&classify());
    let path = folder.path().join("tokenizer.bin");
    let table = std::fs::read(&path).unwrap();
    let message = || String::from_utf8(serve_nothing(folder.path()).stderr).unwrap();
    std::fs::write(&path, &table[..table.len() - 1]).unwrap();
    assert!(message().contains("the tokenizer cannot be loaded: the tokenizer is cut short"));
    std::fs::write(&path, "{}").unwrap();
    assert!(message().contains("the tokenizer is too short"));
    std::fs::remove_file(&path).unwrap();
    assert!(message().contains("cannot read"));
    if !cfg!(feature = "tokenizers") {
        let mut bundle = classify();
        let Input::Text(text) = &mut bundle.input else { panic!("another input") };
        text.form = TokenizerForm::Json;
        std::fs::write(&path, "{}").unwrap();
        std::fs::write(folder.path().join("bundle.json"), json!(bundle).to_string()).unwrap();
        assert!(message().contains("this runtime has no `tokenizer.json` engine"));
    }
}
