//! Neural networks as torch exports them: their weights split off, served, and compared to
//! onnxruntime.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_bundle::{Bounds, Bundle, Element, Port};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools::{python, torch_python};
use serde_json::{Map, Value};
use support::bundles::{self, port};
use support::client::Client;
use support::server::Server;
use support::{run, script};

/// The largest difference of a probability.
const CLOSE: f64 = 1e-5;

/// Examples for each network, as `networks.py` makes them.
const ROWS: usize = 200;

/// The folder with one folder a network: `whole.onnx`, `inputs.json`, `expected.json`.
fn networks() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("networks");
    let [digits, networks, expected] = ["digits.py", "networks.py", "expected.py"].map(script);
    made_once(&folder, &[&digits, &networks, &expected], |folder| {
        let table = folder.with_extension("digits.json");
        run(Command::new(python()).arg(&digits).arg(&table));
        run(Command::new(torch_python()).arg(&networks).arg(&table).arg(folder));
        run(Command::new(python()).arg(&expected).arg(folder));
    });
    folder
}

/// Serves a network and compares what it answers to lists of examples.
fn check(name: &str, inputs: Vec<Port>, classes: usize) {
    let folder = networks().join(name);
    let output = port("probabilities", Element::F32, &[0, classes]);
    let mut bundle = bundles::tensors(name, inputs.clone(), vec![output]);
    bundle.bounds = Bounds { rows: 50, timeout_s: 100, ..Bounds::default() };
    let split = split(&folder, &mut bundle);
    let served = bundles::write_with(&bundle, split.path());
    let server = Server::start(served.path());
    let mut client = Client::connect(&server.address);

    let given: Map<String, Value> = read(&folder.join("inputs.json"));
    let expected: Vec<Vec<f64>> = read(&folder.join("expected.json"));
    assert_eq!(expected.len(), ROWS);
    let example = |row: usize| {
        let value = |port: &Port| (port.name.clone(), given[&port.name][row].clone());
        Value::Object(inputs.iter().map(value).collect())
    };
    let mut worst: f64 = 0.0;
    for rows in (0..ROWS).collect::<Vec<_>>().chunks(40) {
        let request = Value::Array(rows.iter().map(|row| example(*row)).collect());
        let response = client.request("POST", "/predict", request.to_string());
        assert_eq!(response.status, 200, "{name}: {}", response.json());
        let answers = response.json();
        assert_eq!(answers.as_array().unwrap().len(), rows.len());
        for (row, answer) in rows.iter().zip(answers.as_array().unwrap()) {
            let found: Vec<f64> = serde_json::from_value(answer["probabilities"].clone()).unwrap();
            assert_eq!(found.len(), classes);
            for (found, expected) in found.iter().zip(&expected[*row]) {
                worst = worst.max((found - expected).abs());
            }
        }
    }
    assert!(worst <= CLOSE, "{name}: differs from onnxruntime by {worst:e}");
    let alone = client.request("POST", "/predict", example(7).to_string()).json();
    let found: Vec<f64> = serde_json::from_value(alone["probabilities"].clone()).unwrap();
    let apart = found.iter().zip(&expected[7]).map(|(a, b)| (a - b).abs());
    assert!(apart.fold(0.0, f64::max) <= CLOSE, "{name}: one example alone");
}

/// The graph and its weights, apart, as the packager writes them.
fn split(folder: &Path, bundle: &mut Bundle) -> tempfile::TempDir {
    let parts = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let whole = std::fs::read(folder.join("whole.onnx")).unwrap();
    let mut weights = Vec::new();
    let neural = mlship_compile::neural(&whole, &mut weights).unwrap();
    assert!(neural.weights > 0 && neural.graph.len() < whole.len(), "nothing was split off");
    std::fs::write(parts.path().join("model.onnx"), neural.graph).unwrap();
    std::fs::write(parts.path().join(mlship_compile::WEIGHTS_FILE), weights).unwrap();
    bundle.model.weights = Some(mlship_compile::WEIGHTS_FILE.into());
    parts
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_multilayer_perceptron() {
    check("mlp", vec![port("x", Element::F32, &[0, 16])], 5);
}

#[test]
fn a_trained_convolutional_network() {
    check("cnn", vec![port("image", Element::F32, &[0, 1, 8, 8])], 10);
}

#[test]
fn resnet_18() {
    check("resnet18", vec![port("image", Element::F32, &[0, 3, 32, 32])], 10);
}

#[test]
fn mobilenet_2() {
    check("mobilenet_v2", vec![port("image", Element::F32, &[0, 3, 32, 32])], 10);
}

#[test]
fn a_transformer_encoder() {
    let inputs = ["ids", "mask"].map(|name| port(name, Element::I64, &[0, 0]));
    check("transformer", inputs.into(), 3);
}

#[test]
fn recurrent_networks() {
    for name in ["lstm", "gru"] {
        check(name, vec![port("x", Element::F32, &[0, 0, 8])], 4);
    }
}
