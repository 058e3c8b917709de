//! Converted models, judged by onnxruntime.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_convert::{ConvertError, Weights, convert};
use mlship_testkit::{fixture, tools};
use serde_json::Value;

#[test]
fn integers_are_a_quarter_of_the_size_and_near() {
    let (folder, to) = (models(), tempfile::tempdir().unwrap());
    let to = to.path().join("small.onnx");
    let model = folder.join("model.onnx");
    let converted = convert(&model, &to, Weights::Int8).unwrap();
    assert_eq!(converted.tensors, 4, "the table and three products; the head is too small");
    assert_eq!(converted.file_bytes, fs::metadata(&to).unwrap().len());
    assert!(4 * converted.file_bytes < fs::metadata(&model).unwrap().len() + 4 * 8_000);

    let judged = compare(&model, &to);
    let count = |name: &str| {
        judged["operators"].as_array().unwrap().iter().filter(|operator| *operator == name).count()
    };
    assert_eq!(count("MatMulInteger"), 3);
    assert_eq!(count("DynamicQuantizeLinear"), 2, "two products share their input");
    assert_eq!(count("MatMul"), 1);
    let difference = judged["difference"].as_f64().unwrap();
    assert!((1e-5..0.03).contains(&difference), "{difference}");
    assert!(judged["labels"].as_f64().unwrap() >= 0.95);
}

#[test]
fn half_floats_are_half_of_the_size_and_nearer() {
    let (folder, to) = (models(), tempfile::tempdir().unwrap());
    let to = to.path().join("small.onnx");
    let model = folder.join("model.onnx");
    let converted = convert(&model, &to, Weights::F16).unwrap();
    assert_eq!(converted.tensors, 4);
    assert!(2 * converted.file_bytes < fs::metadata(&model).unwrap().len() + 2 * 4_000);
    let judged = compare(&model, &to);
    let difference = judged["difference"].as_f64().unwrap();
    assert!((1e-7..2e-3).contains(&difference), "{difference}");
    assert_eq!(judged["labels"], 1.0);
}

#[test]
fn weights_beside_the_model_are_read_and_come_into_one_file() {
    let (folder, to) = (models(), tempfile::tempdir().unwrap());
    let [inside, outside] = ["inside.onnx", "outside.onnx"].map(|name| to.path().join(name));
    convert(&folder.join("model.onnx"), &inside, Weights::Int8).unwrap();
    convert(&folder.join("outside.onnx"), &outside, Weights::Int8).unwrap();
    assert_eq!(compare(&inside, &outside)["difference"], 0.0);
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    let (folder, to) = (models(), tempfile::tempdir().unwrap());
    let [one, two] = ["one.onnx", "two.onnx"].map(|name| to.path().join(name));
    for to in [&one, &two] {
        convert(&folder.join("model.onnx"), to, Weights::Int8).unwrap();
    }
    assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
}

#[test]
fn what_cannot_be_converted_leaves_no_file() {
    let (folder, to) = (models(), tempfile::tempdir().unwrap());
    let out = to.path().join("out.onnx");
    let old = convert(&folder.join("old.onnx"), &out, Weights::Int8).unwrap_err();
    assert!(matches!(old, ConvertError::Opset { found: 10, needed: 11 }), "{old}");
    let again = to.path().join("again.onnx");
    convert(&folder.join("model.onnx"), &again, Weights::F16).unwrap();
    let nothing = convert(&again, &out, Weights::F16).unwrap_err();
    assert!(matches!(nothing, ConvertError::Nothing(_)), "{nothing}");
    let whole = fs::read(folder.join("model.onnx")).unwrap();
    let cut = to.path().join("cut.onnx");
    for length in (0..whole.len()).step_by(whole.len() / 50) {
        fs::write(&cut, &whole[..length]).unwrap();
        // A file may end where a field does; nothing panics, and no half file is left.
        let _ = convert(&cut, &out, Weights::Int8);
        assert!(!to.path().join("out.onnx.mlship-partial").exists());
        let _ = fs::remove_file(&out);
    }
}

fn models() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("text-model");
    fixture::made_once(&folder, &[&script()], |folder| {
        judge(&["make".as_ref(), folder]);
    });
    folder
}

fn compare(original: &Path, other: &Path) -> Value {
    serde_json::from_str(&judge(&["compare".as_ref(), original, other])).expect("JSON")
}

fn judge(arguments: &[&Path]) -> String {
    let out =
        Command::new(tools::python()).arg(script()).args(arguments).output().expect("python runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/text_model.py")
}
