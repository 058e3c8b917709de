//! Folders of transformers: each head that is served converts, with its difference over texts of
//! many lengths; others are refused with the cause.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_export::{
    Builds, Environment, ExportError, Loader, Order, Report, Sandbox, Trust, export, recipe, trust,
};
use mlship_inspect::{inspect, read_onnx};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

fn folders() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("texts");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/texts/make.py");
    made_once(&folder, &[&script], |folder| {
        let mut python = Command::new(tools::networks_python());
        let status = python.arg("-B").arg(&script).arg(folder).status().unwrap();
        assert!(status.success(), "the folders are not made");
    });
    folder
}

fn exported(name: &str, out: &Path) -> Result<Report, ExportError> {
    let model = folders().join(name);
    let facts = inspect(&model).unwrap();
    let recipe = recipe(&facts)?;
    assert_eq!((recipe.loader, recipe.builds), (Loader::Transformers, Builds::Processor));
    assert_eq!(trust(&facts), Trust::Data, "{name}");
    let order = Order { rows: 100, ..Order::new(&model, Loader::Transformers, out) };
    export(&order, &Environment::given(tools::networks_python()), Sandbox::find()?)
}

/// The metadata under a key, and the shapes of the inputs and outputs.
fn written(path: &Path, key: &str) -> (String, String) {
    read_onnx(path, |model, _| {
        let ports = model.graph.inputs.iter().chain(&model.graph.outputs);
        let shapes = ports.map(|port| format!("{} {:?};", port.name, port.kind)).collect();
        let said = model.metadata.iter().find(|(one, _)| one == key).cloned();
        (said.unwrap_or_default().1, shapes)
    })
    .unwrap()
}

#[test]
fn classes_keep_their_names_whatever_the_weights_are_kept_in() {
    let out = tempfile::tempdir().unwrap();
    for name in ["classes", "old"] {
        let to = out.path().join(name).join("model.onnx");
        fs::create_dir(to.parent().unwrap()).unwrap();
        let report = exported(name, &to).unwrap();
        println!("{name}: {:.1e} in {} texts", report.largest, report.rows);
        assert!(report.largest < 1e-5 && report.rows == 100, "{report:?}");
        let (labels, shapes) = written(&to, "labels");
        assert_eq!(labels, r#"["home", "travel", "food"]"#);
        for port in ["input_ids", "attention_mask", "token_type_ids"] {
            assert!(shapes.contains(&format!("{port} Tensor")), "{shapes}");
        }
        assert_eq!(shapes.matches("[Any(\"batch\"), Any(\"sequence\")]").count(), 3, "{shapes}");
        assert!(shapes.contains("logits") && shapes.contains("Fixed(3)"), "{shapes}");
        // Texts of every length were asked, with more than one answer.
        let lengths: Vec<usize> =
            report.samples.iter().map(|row| row.request["text"].to_string().len()).collect();
        assert!(
            lengths.iter().max() > Some(&250) && lengths.iter().min() < Some(&10),
            "{lengths:?}"
        );
        let first = &report.samples[0].predict;
        assert!(report.samples.iter().any(|row| row.predict != *first), "one label for all");
        // A folder with the words of its tokenizer alone gets the whole of it.
        assert!(to.with_file_name("tokenizer.json").exists());
    }
}

#[test]
fn other_heads_convert_too() {
    let out = tempfile::tempdir().unwrap();
    for (name, output) in [
        ("number", "logits Tensor { data_type: 1, shape: [Any(\"batch\"), Fixed(1)] }"),
        (
            "words",
            "logits Tensor { data_type: 1, shape: [Any(\"batch\"), Any(\"sequence\"), Fixed(3)]",
        ),
        ("vectors", "last_hidden_state Tensor"),
        ("several", "logits Tensor { data_type: 1, shape: [Any(\"batch\"), Fixed(3)] }"),
    ] {
        let to = out.path().join(format!("{name}.onnx"));
        let report = exported(name, &to).unwrap();
        println!("{name}: {:.1e} in {} texts", report.largest, report.rows);
        assert!(report.largest < 1e-5 && report.rows == 100, "{report:?}");
        let (activation, shapes) = written(&to, "mlship.activation");
        assert!(shapes.contains(output), "{name}: {shapes}");
        assert_eq!(activation == "sigmoid", name == "several");
    }
}

#[test]
fn what_is_not_whole_or_writes_text_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("model.onnx");
    let error = exported("other_weights", &to).unwrap_err().to_string();
    assert!(error.contains("its weights are not all there: `classifier.bias`"), "{error}");
    let error = exported("writes", &to).unwrap_err();
    assert!(
        matches!(&error, ExportError::Step { step: Some(step), .. } if step == "GPT2LMHeadModel")
    );
    assert!(!to.exists());
}

#[test]
fn weights_that_would_run_a_program_are_not_loaded() {
    let folder = folders().join("harmful");
    let found = trust(&inspect(&folder).unwrap());
    assert_eq!(found, Trust::Refused(vec!["os.system".into()]));
    // Nor by transformers itself, were it asked: it reads weights alone.
    let to = folder.join("model.onnx");
    let order = Order { rows: 10, ..Order::new(&folder, Loader::Transformers, &to) };
    let environment = Environment::given(tools::networks_python());
    let error = export(&order, &environment, Sandbox::find().unwrap()).unwrap_err();
    assert!(matches!(error, ExportError::Load(_)), "{error:?}");
    assert!(!to.exists() && !folders().join("harm").exists());
    // With safetensors beside them they are not read at all.
    let beside = tempfile::tempdir().unwrap();
    for file in ["config.json", "pytorch_model.bin"] {
        fs::copy(folder.join(file), beside.path().join(file)).unwrap();
    }
    let weights = "model.safetensors";
    fs::copy(folders().join("classes").join(weights), beside.path().join(weights)).unwrap();
    assert_eq!(trust(&inspect(beside.path()).unwrap()), Trust::Data);
}
