//! Failures in the form that was asked for, and at the place where they are mended.

use std::fs;
use std::path::Path;

use crate::support::{edit, heart_disease, json, mlship};
use mlship_testkit::sandbox::{Ran, Sandbox};
use serde_json::Value;

fn with(sandbox: &Sandbox, folder: &Path, args: &[&str], variable: (&str, &str)) -> Ran {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(folder).args(args).env(variable.0, variable.1);
    Ran::from(command.output().expect("the tool starts"))
}

#[track_caller]
fn usage(ran: Ran) -> Value {
    let ran = ran.ended(2);
    let said: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.stdout, ran.stderr));
    assert_eq!(
        (&said["schema"], &said["error"]["kind"]),
        (&"mlship/error/1".into(), &"usage".into())
    );
    assert!(said["error"]["message"].as_str().is_some_and(|words| !words.is_empty()), "{said}");
    said
}

#[test]
fn every_mistake_in_a_call_is_one_json_object_where_json_is_asked_for() {
    let (sandbox, project) = heart_disease();
    for args in [
        &["-o", "json"][..],
        &["deply", "--output=json"],
        &["-ojson", "deploy", "--weight", "abc"],
        &["logs", "--since", "soon", "--output", "json"],
        &["invoke", "--data", "1", "--request", "x", "-o", "json"],
    ] {
        usage(mlship(&sandbox, &project, args));
    }
    let near = usage(mlship(&sandbox, &project, &["deply", "-o", "json"]));
    assert!(near["error"]["message"].as_str().is_some_and(|words| words.contains("deply")));
    assert!(near["error"]["hints"].to_string().contains("deploy"), "{near}");
    usage(with(&sandbox, &project, &["deploy", "--nothing"], ("MLSHIP_OUTPUT", "json")));
    let help = mlship(&sandbox, &project, &["deploy", "--help", "-o", "json"]).ended(0);
    assert!(help.stdout.contains("Usage: mlship deploy"), "{}", help.stdout);
    let words = mlship(&sandbox, &project, &["deply"]).ended(2);
    assert!(words.stdout.is_empty() && words.stderr.contains("deply"), "{}", words.stderr);
}

#[test]
fn a_wrong_value_out_of_the_environment_is_told_with_its_variable() {
    let (sandbox, project) = heart_disease();
    for (name, value) in
        [("MLSHIP_YES", "maybe"), ("MLSHIP_WEIGHT", "abc"), ("MLSHIP_OUTPUT", "xml")]
    {
        let ran = with(&sandbox, &project, &["deploy"], (name, value)).ended(2);
        assert!(ran.stderr.contains(&format!("`{name}`")), "{}", ran.stderr);
    }
    let ran = with(&sandbox, &project, &["deploy", "--weight", "x"], ("MLSHIP_WEIGHT", "abc"));
    assert!(!ran.ended(2).stderr.contains("`MLSHIP_WEIGHT`"));
}

#[test]
fn files_that_are_not_there_are_told_at_their_lines_all_at_once() {
    let (sandbox, project) = heart_disease();
    edit(&project, "path: model.onnx", "path: modle.onnx");
    edit(&project, "samples/2.expect.json", "samples/9.json");
    let ran = mlship(&sandbox, &project, &["plan"]).ended(2);
    for words in ["--> mlship.yaml:6:9", "`modle.onnx`", "--> mlship.yaml:33:", "`samples/9.json`"]
    {
        assert!(ran.stderr.contains(words), "{words} in\n{}", ran.stderr);
    }
    let said = json(&sandbox, &project, &["deploy"], 2);
    assert_eq!(said["error"]["kind"], "file");
    assert_eq!(said["error"]["findings"].as_array().map(Vec::len), Some(2), "{said}");
}

#[test]
fn where_nothing_is_deployed_the_way_there_is_told() {
    let (sandbox, project) = heart_disease();
    for command in ["logs", "invoke", "promote", "rollback"] {
        let ran = mlship(&sandbox, &project, &[command]).ended(6);
        assert!(ran.stderr.contains("mlship deploy --provider local"), "{}", ran.stderr);
    }
}

#[test]
fn python_that_cannot_work_is_told_before_it_is_sent() {
    let (sandbox, project) = heart_disease();
    let to = "{project: my-project, region: europe-west1, kind: functions-v2}\n\
              python: {handler: \"app:predict\"}";
    edit(&project, "{project: my-project, region: europe-west1, kind: cloud-run-source}", to);
    let package = |app: &str, code: i32| {
        fs::write(project.join("app.py"), app).expect("a module");
        mlship(&sandbox, &project, &["package", "--provider", "gcp"]).ended(code).stderr
    };
    let fine = "raise SystemExit(\"it is not run\")\ndef predict(request):\n    return 1\n";
    package(fine, 0);
    let broken = package("def predict(request):\n    return 1\n\ndef more(:\n", 2);
    assert!(broken.contains("`app.py:4` is not Python"), "{broken}");
    let other = package("def answer(request):\n    return 1\n", 3);
    assert!(other.contains("`app.py` has no function `predict`"), "{other}");
    assert!(other.contains("--> mlship.yaml:"), "{other}");

    let grid = json(&sandbox, &project, &["check-limits", "--provider", "azure"], 4);
    for row in grid["rows"].as_array().expect("rows") {
        let kind = row["limits"]["kind"].as_str().expect("a kind");
        let runs = !["functions-flex", "functions-consumption"].contains(&kind);
        assert_eq!(row["verdict"]["fits"], runs, "{kind}");
    }
    let ran = mlship(&sandbox, &project, &["check-limits", "--provider", "azure"]).ended(4);
    assert!(ran.stdout.contains("Python code of one's own is not run"), "{}", ran.stdout);
    let ran = mlship(&sandbox, &project, &["package", "--provider", "azure"]).ended(2);
    assert!(ran.stderr.contains("this kind runs no Python code"), "{}", ran.stderr);
}

#[test]
fn pictures_for_a_model_of_columns_are_told_with_what_it_takes() {
    let (sandbox, project) = heart_disease();
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("the manifest");
    let (before, table) = manifest.split_once("input:\n").expect("an input");
    let (_, after) = table.split_once("\noutput:").expect("an output");
    let pictures = format!("{before}input:\n  image: {{resize: 256}}\n\noutput:{after}");
    fs::write(project.join("mlship.yaml"), pictures).expect("it can be written");
    let ran = mlship(&sandbox, &project, &["package"]);
    assert_ne!(ran.code, 0);
    for words in ["the model does not take one picture", "the model takes: `age` float32"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("onnxruntime"), "{}", ran.stderr);
}

#[test]
fn an_answer_that_is_not_written_down_yet_is_told_how_it_is() {
    let (sandbox, project) = heart_disease();
    fs::remove_file(project.join("samples/1.expect.json")).expect("the answer");
    let ran = mlship(&sandbox, &project, &["package"]).ended(2);
    assert!(ran.stderr.contains("mlship package --record"), "{}", ran.stderr);
    let told = mlship(&sandbox, &project, &["package", "--record"]).ended(0);
    assert!(told.stdout.contains("2 of 2 samples proved"), "{}", told.stdout);
    fs::remove_file(project.join("samples/1.json")).expect("the request");
    let ran = mlship(&sandbox, &project, &["package"]).ended(2);
    assert!(!ran.stderr.contains("--record"), "{}", ran.stderr);
}

#[test]
fn an_artifact_is_packed_for_every_cloud_without_its_table() {
    let (sandbox, project) = heart_disease();
    let own = sandbox.path().join("own");
    fs::create_dir(&own).expect("a folder");
    fs::copy(project.join("model.onnx"), own.join("model.onnx")).expect("the model");
    mlship(&sandbox, &own, &["init"]).ended(0);
    for provider in ["aws", "azure", "gcp"] {
        let ran = mlship(&sandbox, &own, &["package", "--provider", provider]).ended(0);
        assert!(ran.stdout.contains("1 of 1 sample proved"), "{}", ran.stdout);
    }
    mlship(&sandbox, &own, &["plan", "--provider", "azure"]).ended(3);
}
