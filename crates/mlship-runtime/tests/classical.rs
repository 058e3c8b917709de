//! A scikit-learn pipeline from its ONNX file to answers over HTTP, compared to onnxruntime.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::process::Command;

use mlship_bundle::{
    Activation, Bounds, Bundle, Classify, Column, ColumnKind, Element, EngineKind, FILE, FORMAT,
    Format, Input, Model, Output, Packed, Serving,
};
use serde_json::{Value, json};
use support::bundles::{self, port};
use support::client::request;
use support::server::Server;
use support::{answer, run, script};

/// The largest difference of a probability.
const CLOSE: f64 = 1e-5;

/// The pipeline as a bundle, and the folder with its rows and what is expected of them.
fn pipeline() -> (tempfile::TempDir, tempfile::TempDir) {
    let made = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let python = mlship_testkit::tools::python();
    run(Command::new(python).arg(script("pipeline.py")).arg(made.path()));
    let file = std::fs::read(made.path().join("model.onnx")).unwrap();
    let model = mlship_inspect::onnx::parse(&file).unwrap();
    let program = mlship_compile::classical(&model, &file).unwrap();
    let parts = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(parts.path().join("model.flat"), program).unwrap();
    (bundles::write_with(&bundle(), parts.path()), made)
}

fn bundle() -> Bundle {
    let packed = |name: &str, element, kind, optional| Packed {
        input: name.into(),
        element,
        columns: vec![Column::plain(name, kind, optional)],
    };
    let number = |name| port(name, Element::F32, &[0, 1]);
    Bundle {
        format: FORMAT,
        name: "pipeline".into(),
        model: Model {
            engine: EngineKind::Classical,
            path: "model.flat".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: "0".repeat(64),
            inputs: vec![number("age"), number("pressure"), port("town", Element::String, &[0, 1])],
            outputs: vec![
                port("label", Element::I64, &[0]),
                port("probabilities", Element::F32, &[0, 2]),
            ],
        },
        input: Input::Table(vec![
            packed("town", Element::String, ColumnKind::String, false),
            packed("age", Element::F32, ColumnKind::Float, false),
            packed("pressure", Element::F32, ColumnKind::Float, true),
        ]),
        output: Output::Classify(Classify {
            field: "diagnosis".into(),
            label_output: Some("label".into()),
            score_output: Some("probabilities".into()),
            classes: vec!["0".into(), "1".into()],
            labels: vec!["well".into(), "ill".into()],
            top: None,
            activation: Activation::None,
            threshold: None,
        }),
        samples: Vec::new(),
        bounds: Bounds::default(),
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    }
}

#[test]
fn a_pipeline_answers_as_onnxruntime_does() {
    let (folder, made) = pipeline();
    let rows: Vec<Value> = read(&made, "rows.json");
    let expected: Value = read(&made, "expected.json");
    assert_eq!(rows.len(), 200);
    let server = Server::start(folder.path());
    let response = request(&server.address, "POST", "/predict", json!(rows).to_string());
    let answers = response.json();
    assert_eq!((response.status, answers.as_array().map(Vec::len)), (200, Some(200)), "{answers}");
    for (row, found) in answers.as_array().unwrap().iter().enumerate() {
        let chosen = expected["labels"][row].as_u64().unwrap();
        assert_eq!(found["diagnosis"], ["well", "ill"][chosen as usize], "row {row}");
        for (class, label) in ["well", "ill"].iter().enumerate() {
            let found = found["probabilities"][label].as_f64().unwrap();
            let wanted = expected["probabilities"][row][class].as_f64().unwrap();
            assert!((found - wanted).abs() <= CLOSE, "row {row}: {found} for {wanted}");
        }
    }
    // The same, one row at a time and without a port.
    for row in [0, 57, 199] {
        let (code, found) = answer(folder.path(), rows[row].to_string());
        assert_eq!((code, &found), (0, &answers[row]));
    }
    // As instances of Vertex AI.
    let variables = [("AIP_PREDICT_ROUTE", "/v1:predict"), ("MLSHIP_LISTEN", "127.0.0.1:0")];
    let server = Server::start_with(folder.path(), &variables);
    let instances = json!({ "instances": rows }).to_string();
    let response = request(&server.address, "POST", "/v1:predict", instances);
    assert_eq!((response.status, response.json()), (200, json!({ "predictions": answers })));
    let rows = made.path().join("rows.json");
    in_every_form(folder.path(), &rows, answers.as_array().unwrap());
    // A number is no name of a town.
    let (code, problem) = answer(folder.path(), r#"{"age": 1, "town": 3}"#);
    assert_eq!((code, &problem["field"]), (1, &json!("/town")));
}

/// The same rows as other writers write them, with text, gaps and columns in another order.
fn in_every_form(folder: &std::path::Path, rows: &std::path::Path, expected: &[Value]) {
    let forms = support::forms::written(rows, &["town", "age", "pressure"]);
    let bundle = Bundle { formats: vec![Format::Arrow], ..bundle() };
    std::fs::write(folder.join(FILE), serde_json::to_vec(&bundle).unwrap()).unwrap();
    let server = Server::start(folder);
    for (media_type, body) in forms {
        let response = support::forms::post(&server.address, media_type, body);
        assert_eq!(response.status, 200, "{media_type}: {:?}", response.text());
        assert!(support::forms::answers(&response) == expected, "{media_type}");
    }
}

fn read<T: serde::de::DeserializeOwned>(folder: &tempfile::TempDir, name: &str) -> T {
    serde_json::from_slice(&std::fs::read(folder.path().join(name)).unwrap()).unwrap()
}
