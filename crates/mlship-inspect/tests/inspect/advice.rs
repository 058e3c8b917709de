//! The advice is pasted into Python, and must give an ONNX file.

use std::path::Path;
use std::process::Command;

use mlship_inspect::{Format, inspect};

use mlship_testkit::tools::torch_python;

use crate::setup::{facts, model, run};

/// Runs the first step that is Python, after `before`, in a folder of its own.
fn paste(python: &Path, name: &str, before: &str) {
    let advice = facts(name).advice;
    let code = advice.iter().find(|step| step.contains("import ")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let code = format!("{before}\n{code}");
    run(Command::new(python).args(["-c", &code]).current_dir(folder.path()));
    let made = inspect(&folder.path().join("model.onnx")).unwrap();
    assert_eq!(made.format, Format::Onnx, "{name}");
}

#[test]
fn scikit_learn() {
    let python = mlship_testkit::tools::python();
    let before = format!("import numpy\nX = numpy.load({:?})", model("x.npy"));
    for name in ["joblib-plain", "joblib-gzip", "sklearn-4"] {
        paste(&python, name, &before);
    }
}

#[test]
fn boosters() {
    let python = mlship_testkit::tools::python();
    for name in ["xgboost-json", "xgboost-ubj", "xgboost-joblib", "lightgbm-text"] {
        paste(&python, name, "");
    }
}

#[test]
fn torch() {
    let python = torch_python();
    // 1.13 does not know `weights_only=False` as the later default, but takes it.
    for name in ["torch-module", "torch-legacy-module", "torch-script"] {
        paste(&python, name, "");
    }
    let class = "import torch\ndef MyModel():\n    return torch.nn.Sequential(\
                 torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 2))";
    paste(&python, "torch-tensors", class);
}

#[test]
fn advice_never_names_a_command_of_ours() {
    for name in ["sklearn-4", "torch-module", "xgboost-json", "fastai-torch", "joblib-xz"] {
        assert!(facts(name).advice.iter().all(|step| !step.contains("mlship")), "{name}");
    }
}

#[test]
fn a_text_model_without_its_tokenizer() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/transaction-text");
    assert_eq!(inspect(&example.join("model.onnx")).unwrap().advice, [""; 0]);

    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("model.onnx");
    std::fs::copy(example.join("model.onnx"), &alone).unwrap();
    let advice = inspect(&alone).unwrap().advice;
    assert!(advice[0].starts_with("a text model without its tokenizer: "), "{advice:?}");
}
