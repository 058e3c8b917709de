//! Trained files of other libraries to a service, by the command itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_testkit::fixture::made_once;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;

use crate::support::{json, mlship, root};

/// The trained files.
pub(crate) fn models() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trained");
    let script = root().join("tests/convert/train.py");
    made_once(&folder, &[&script], |folder| {
        let status = Command::new(tools::python()).arg(&script).arg(folder).status();
        assert!(status.expect("Python starts").success(), "the models are not trained");
    });
    folder
}

/// A sandbox with one of them in its folder `project`, and the flag that names a Python.
fn with(model: &str) -> (Sandbox, PathBuf, String) {
    let sandbox = Sandbox::new();
    let project = sandbox.path().join("project");
    fs::create_dir_all(&project).expect("a folder");
    fs::copy(models().join(model), project.join(model)).expect("the model");
    (sandbox, project, format!("--python={}", tools::python().display()))
}

#[test]
fn a_pipeline_in_a_joblib_file_is_served_after_two_commands() {
    let (sandbox, project, python) = with("pipeline.joblib");
    let asked = mlship(&sandbox, &project, &["init", "pipeline.joblib"]).ended(2);
    assert!(asked.stderr.contains("--trust"), "{}", asked.stderr);
    json(&sandbox, &project, &["init", "pipeline.joblib", "--trust", &python], 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    for line in ["age: float?", "city: string", r#"labels: ["no", "yes"]"#] {
        assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    }
    let deployed = json(&sandbox, &project, &["deploy"], 0);
    assert!(deployed["answer"]["label"].is_string(), "{deployed}");
    let row = r#"{"age": 61.5, "income": 2000, "city": "rome", "kind": 2}"#;
    let answer = json(&sandbox, &project, &["invoke", "--data", row], 0);
    assert_said("pipeline.txt", &answer["answer"]);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

/// What scikit-learn says itself is beside the model.
fn assert_said(file: &str, answer: &serde_json::Value) {
    let wanted = fs::read_to_string(models().join(file)).expect("an answer");
    let (label, probability) = wanted.trim().split_once(' ').expect("two words");
    assert_eq!(answer["label"], label);
    let found = answer["probabilities"][label].as_f64().expect("a number");
    assert!((found - probability.parse::<f64>().expect("a number")).abs() < 1e-6, "{answer}");
}

#[test]
fn a_classifier_of_texts_needs_no_other_engine() {
    let (sandbox, project, python) = with("texts.joblib");
    json(&sandbox, &project, &["init", "texts.joblib", "--trust", &python], 0);
    let facts = json(&sandbox, &project, &["inspect", "texts.onnx"], 0);
    assert_eq!(facts["engine"], "classical");
    json(&sandbox, &project, &["deploy"], 0);
    let row = r#"{"text": "Great value, good money!"}"#;
    let answer = json(&sandbox, &project, &["invoke", "--data", row], 0);
    assert_said("texts.txt", &answer["answer"]);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn files_of_the_libraries_own_need_no_trust() {
    for model in ["boosted.json", "boosted.txt"] {
        let (sandbox, project, python) = with(model);
        let made = json(&sandbox, &project, &["convert", model, &python], 0);
        assert_eq!(made["schema"], "mlship/export/1");
        assert_eq!(made["proof"]["rows"], 512);
        assert!(made["proof"]["largest"].as_f64().expect("a number") < 1e-5, "{made}");
        let again = mlship(&sandbox, &project, &["convert", model, &python]).ended(2);
        assert!(again.stderr.contains("already there"), "{}", again.stderr);
        let facts = json(&sandbox, &project, &["inspect", "boosted.onnx"], 0);
        assert_eq!(facts["engine"], "classical");
        let said = facts["onnx"]["metadata"]["mlship.export"].as_str().expect("the proof");
        assert!(said.contains("\"rows\": 512"), "{said}");
    }
}

#[test]
fn a_manifest_that_is_of_something_else_stops_no_conversion() {
    let (sandbox, project, python) = with("boosted.txt");
    fs::write(project.join("mlship.yaml"), "version: 1\nname: [\n").expect("a manifest");
    json(&sandbox, &project, &["convert", "boosted.txt", &python], 0);
    let args = ["convert", "boosted.onnx", "--weights", "f16"];
    let ran = mlship(&sandbox, &project, &args);
    assert!(!ran.stderr.contains("mlship.yaml:"), "{}", ran.stderr);
    mlship(&sandbox, &project, &["convert"]).ended(3);
}

#[test]
fn a_booster_of_a_table_is_asked_by_the_names_of_its_columns() {
    let (sandbox, project, python) = with("named.ubj");
    json(&sandbox, &project, &["init", "named.ubj", &python], 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    for line in ["age: float?", "income: float?", "kind: float?"] {
        assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    }
    json(&sandbox, &project, &["deploy"], 0);
    let row = r#"{"age": 61.5, "income": 2000, "kind": 2}"#;
    let answer = json(&sandbox, &project, &["invoke", "--data", row], 0);
    assert_said("named.txt", &answer["answer"]);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn a_category_that_an_encoder_fails_on_is_refused_with_the_nearest() {
    let (sandbox, project, python) = with("strict.joblib");
    json(&sandbox, &project, &["init", "strict.joblib", "--trust", &python], 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    let line = "city: {type: string, categories: [bonn, oslo, rome]}";
    assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    json(&sandbox, &project, &["deploy"], 0);
    let row = |city: &str| format!(r#"{{"age": 61.5, "income": 1, "city": "{city}", "kind": 1}}"#);
    let answer = json(&sandbox, &project, &["invoke", "--data", &row("oslo")], 0);
    assert!(answer["answer"]["label"].is_string(), "{answer}");
    let refused = mlship(&sandbox, &project, &["invoke", "--data", &row("romm")]).ended(2);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("422") && said.contains("the nearest is `rome`"), "{said}");
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn categories_that_a_booster_codes_are_refused_with_another_way() {
    let (sandbox, project, python) = with("towns.txt");
    let ran = mlship(&sandbox, &project, &["init", "towns.txt", &python]).ended(7);
    assert!(ran.stderr.contains("its column `city` (bonn, oslo, rome)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--lane python"), "{}", ran.stderr);
    assert!(!project.join("mlship.yaml").exists() && !project.join("towns.onnx").exists());
}

#[test]
fn a_step_without_a_form_in_onnx_ends_with_seven_and_another_way() {
    let (sandbox, project, python) = with("own.joblib");
    let ran = mlship(&sandbox, &project, &["init", "own.joblib", "--trust", &python]).ended(7);
    assert!(ran.stderr.contains("`FunctionTransformer`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--lane python"), "{}", ran.stderr);
    let left: Vec<_> = fs::read_dir(&project).expect("the folder").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    // The way that it names: nothing is loaded or installed for it.
    let init = ["init", "own.joblib", "--lane", "python"];
    let written = json(&sandbox, &project, &init, 0)["written"].to_string();
    for file in ["mlship.yaml", "app.py", "requirements.txt"] {
        assert!(written.contains(file), "{written}");
    }
    let wanted = fs::read_to_string(project.join("requirements.txt")).expect("requirements");
    assert!(wanted.contains("joblib\n") && wanted.contains("\nscikit-learn=="), "{wanted}");
    mlship(&sandbox, &project, &["check-limits", "--provider", "local"]).ended(0);
    mlship(&sandbox, &project, &init).ended(2);
}

#[test]
fn what_is_made_of_own_modules_is_said_not_to_convert() {
    let (sandbox, project, _) = with("foreign.joblib");
    let told = mlship(&sandbox, &project, &["inspect", "foreign.joblib"]).ended(0).stdout;
    assert!(
        told.contains("it does not convert to ONNX: it is made of `myfeatures.logged`"),
        "{told}"
    );
    assert!(told.contains("mlship init foreign.joblib --lane python"), "{told}");
    assert!(!told.contains("converts it") && !told.contains("skl2onnx"), "{told}");
    let facts = json(&sandbox, &project, &["inspect", "foreign.joblib"], 0);
    assert!(facts["advice"][0].as_str().expect("a step").contains("--lane python"), "{facts}");
    // Of others nothing changes.
    fs::copy(models().join("pipeline.joblib"), project.join("pipeline.joblib")).expect("the model");
    let told = mlship(&sandbox, &project, &["inspect", "pipeline.joblib"]).ended(0).stdout;
    assert!(told.contains("mlship init pipeline.joblib\nconverts it, with proof;"), "{told}");
}

#[test]
fn a_pickle_that_would_run_a_program_is_never_loaded() {
    let (sandbox, project, python) = with("harm.pkl");
    for command in ["init", "convert"] {
        let ran = mlship(&sandbox, &project, &[command, "harm.pkl", "--trust", &python]).ended(2);
        assert!(ran.stderr.contains("would run `os.system`"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("Traceback"), "{}", ran.stderr);
    }
    for folder in [&project, &models()] {
        assert!(!folder.join("harm").exists(), "it ran");
    }
    // Loaded by Python it does run: the test can fail.
    let load = "import pickle; pickle.load(open('harm.pkl', 'rb'))";
    let status = Command::new(tools::python()).args(["-c", load]).current_dir(&project).status();
    assert!(status.expect("Python starts").success() && project.join("harm").exists());
}

#[test]
fn packages_that_cannot_be_had_are_said_with_what_to_do() {
    let (sandbox, project, _) = with("pipeline.joblib");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).args(["convert", "pipeline.joblib", "--trust"]);
    command.env("MLSHIP_UV", tools::uv()).env("UV_OFFLINE", "1");
    let ran = command.output().expect("the tool starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot be installed") && said.contains("--python PATH"), "{said}");
    command.env("MLSHIP_UV", "/nowhere/uv");
    let ran = command.output().expect("the tool starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        said.contains("`/nowhere/uv` is not there") && said.contains("pip install uv"),
        "{said}"
    );
}
