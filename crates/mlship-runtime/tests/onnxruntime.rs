//! Models run by ONNX Runtime, compared to Python's onnxruntime and to the native engine; and what
//! its library cannot bring down.
#![cfg(feature = "onnxruntime")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mlship_bundle::{Bundle, Element, EngineKind, Port};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools::{onnxruntime, python};
use serde_json::{Value, json};
use support::bundles::{self, port};
use support::client::Client;
use support::server::Server;
use support::{run, script};
use tempfile::TempDir;

/// The largest difference of a probability.
const CLOSE: f64 = 1e-6;

/// The folder of one of the models of `engines.py`.
fn model(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engines");
    let engines = script("engines.py");
    made_once(&folder, &[&engines], |folder| {
        run(Command::new(python()).arg(&engines).arg(folder));
    });
    folder.join(name)
}

fn bundle(name: &str, engine: EngineKind, inputs: Vec<Port>, outputs: Vec<Port>) -> TempDir {
    let mut bundle: Bundle = bundles::tensors(name, inputs, outputs);
    bundle.model.engine = engine;
    bundles::write_with(&bundle, &model(name))
}

fn conv(engine: EngineKind) -> TempDir {
    let x = port("x", Element::F32, &[0, 3, 16, 16]);
    bundle("conv", engine, vec![x], vec![port("y", Element::F32, &[0, 10])])
}

/// What the runtime says to the request of a model, with that library.
fn ask(bundle: &TempDir, library: &Path) -> Output {
    let request = fs::File::open(bundle.path().join("request.json")).unwrap();
    let mut command = Command::new(support::RUNTIME);
    command.args(["--answer", "--bundle"]).arg(bundle.path());
    command.env("MLSHIP_ONNXRUNTIME_LIBRARY", library).stdin(Stdio::from(request));
    command.output().unwrap()
}

fn answer(bundle: &TempDir) -> Value {
    let output = ask(bundle, &onnxruntime());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&fs::read(model(name).join("expected.json")).unwrap()).unwrap()
}

#[cfg(feature = "neural")]
#[test]
fn both_engines_and_python_agree_on_a_convolution_net() {
    for engine in [EngineKind::Neural, EngineKind::OnnxRuntime] {
        let [found, expected] = [answer(&conv(engine)), expected("conv")].map(|answer| {
            let rows: Vec<Vec<f64>> = serde_json::from_value(answer["y"].clone()).unwrap();
            rows.concat()
        });
        assert_eq!((found.len(), expected.len()), (20, 20));
        let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        let worst = apart.fold(0.0, f64::max);
        assert!(worst <= CLOSE, "{engine:?} differs from Python's by {worst:e}");
    }
}

#[test]
fn it_has_what_the_native_engine_lacks() {
    let [x, y] = [("x", 4), ("y", 5)].map(|(name, wide)| port(name, Element::F32, &[0, wide]));
    let hardmax = bundle("hardmax", EngineKind::OnnxRuntime, vec![x], vec![y]);
    assert_eq!(answer(&hardmax), expected("hardmax"));
}

#[test]
fn every_kind_of_element_goes_through_unchanged() {
    let kinds = [
        ("f32", Element::F32),
        ("f64", Element::F64),
        ("i32", Element::I32),
        ("i64", Element::I64),
        ("bool", Element::Bool),
        ("string", Element::String),
    ];
    let inputs = kinds.map(|(name, element)| port(name, element, &[0])).to_vec();
    let outputs = kinds.map(|(name, element)| port(&format!("{name}_out"), element, &[0])).to_vec();
    let kinds = bundle("kinds", EngineKind::OnnxRuntime, inputs, outputs);
    assert_eq!(answer(&kinds), expected("kinds"));
}

#[test]
fn a_request_that_does_not_fit_is_refused_and_the_next_is_answered() {
    // The bundle lets any length through, so that the library itself has to refuse it.
    let x = port("x", Element::F32, &[0, 0]);
    let loose =
        bundle("hardmax", EngineKind::OnnxRuntime, vec![x], vec![port("y", Element::F32, &[0, 5])]);
    let library = onnxruntime().to_string_lossy().into_owned();
    let server = Server::start_with(loose.path(), &[("MLSHIP_ONNXRUNTIME_LIBRARY", &library)]);
    let mut client = Client::connect(&server.address);
    let refused = client.request("POST", "/predict", json!({"x": [[1, 2, 3]]}).to_string());
    assert_eq!(refused.status, 422, "{}", refused.json());
    let request = fs::read_to_string(loose.path().join("request.json")).unwrap();
    let answered = client.request("POST", "/predict", request);
    assert_eq!((answered.status, answered.json()), (200, expected("hardmax")));
}

#[test]
fn a_library_that_is_none_ends_the_start_with_its_name() {
    let conv = conv(EngineKind::OnnxRuntime);
    let absent = conv.path().join("absent.so");
    let text = conv.path().join("request.json");
    // A library of something else.
    let other = fs::canonicalize("/proc/self/exe").unwrap();
    for library in [absent, text, other] {
        let output = ask(&conv, &library);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(&format!("cannot use `{}`", library.display())), "{stderr}");
    }
}
