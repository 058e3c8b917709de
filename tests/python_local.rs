//! The python lane on this machine: the runtime, and a worker of the user's own Python beside it.

use std::fs;

use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;

use crate::support::{json, mlship};

const MANIFEST: &str = r#"
version: 1
name: trips
model: {path: rates.json}
input: {tensor: {}}
output: {tensor: {}}
python: {handler: "app:predict"}
samples:
  - {request: samples/1.json, expect: samples/1.expect.json}
resources: {memory-mb: 512, timeout-s: 5}
"#;

const APP: &str = r#"
import json, pathlib
rates = {}

def load():
    path = pathlib.Path(__file__).with_name("rates.json")
    rates.update(json.loads(path.read_text()))

def predict(request):
    return {"minutes": request["km"] * rates["per-km"]}
"#;

fn project() -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::new();
    let project = sandbox.path().join("project");
    fs::create_dir_all(project.join("samples")).expect("a folder");
    for (name, text) in [
        ("mlship.yaml", MANIFEST),
        ("app.py", APP),
        ("rates.json", r#"{"per-km": 2.5}"#),
        ("samples/1.json", r#"{"km": 4}"#),
        ("samples/1.expect.json", r#"{"minutes": 10.0}"#),
    ] {
        fs::write(project.join(name), text).expect("a file");
    }
    (sandbox, project)
}

/// Runs the tool with the tests' Python.
fn run(sandbox: &Sandbox, project: &std::path::Path, args: &[&str]) -> (i32, String, String) {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(project).args(args).env("MLSHIP_PYTHON", tools::python());
    let output = command.output().expect("the tool starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_handler_is_deployed_answers_and_is_gone_again() {
    let (sandbox, project) = project();
    let (code, said, talk) = run(&sandbox, &project, &["deploy", "--output", "json"]);
    assert_eq!(code, 0, "{said}{talk}");
    let deployed: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(deployed["answer"]["minutes"], 10.0, "{said}");
    let answer = json(&sandbox, &project, &["invoke", "--data", r#"{"km": 10}"#], 0);
    assert_eq!(answer["answer"]["minutes"], 25.0);
    // The page begins with a sample.
    let url = deployed["deployment"]["url"].as_str().expect("a URL").to_owned() + "/openapi.json";
    let described = ureq::get(url).call().expect("a description").into_body();
    let described: serde_json::Value =
        serde_json::from_reader(described.into_reader()).expect("JSON");
    let request = &described["paths"]["/predict"]["post"]["requestBody"];
    let examples = &request["content"]["application/json"]["examples"];
    assert_eq!(examples["sample-1"]["value"]["km"], 4, "{described}");
    let failed = mlship(&sandbox, &project, &["invoke", "--data", r#"{"miles": 1}"#]).ended(6);
    assert!(failed.stderr.contains("KeyError"), "{}", failed.stderr);
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn a_sample_that_is_answered_otherwise_is_not_packed() {
    let (sandbox, project) = project();
    fs::write(project.join("samples/1.expect.json"), r#"{"minutes": 11.0}"#).expect("a file");
    let (code, _, said) = run(&sandbox, &project, &["package"]);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("minutes"), "{said}");
    assert!(!project.join(".mlship/trips.zip").exists());
}

#[test]
fn packages_that_nobody_has_made_yet_are_said_to_be_uncounted() {
    let (sandbox, project) = project();
    let limits = ["check-limits", "--provider", "aws"];
    let (_, _, talk) = run(&sandbox, &project, &limits);
    assert!(!talk.contains("limits/packages"), "{talk}");
    let manifest = MANIFEST.replace("\"app:predict\"", "\"app:predict\", requirements: needs.txt");
    fs::write(project.join("mlship.yaml"), manifest).expect("a manifest");
    fs::write(project.join("needs.txt"), "numpy\n").expect("a file");
    let (_, _, talk) = run(&sandbox, &project, &limits);
    assert!(talk.contains("warning[limits/packages]: the packages are not counted yet"), "{talk}");
}

#[test]
fn a_handler_that_lacks_a_package_is_told_whose_python_it_ran_in() {
    let (sandbox, project) = project();
    fs::write(project.join("app.py"), format!("import nowhere_at_all\n{APP}")).expect("a file");
    let (code, said, talk) = run(&sandbox, &project, &["package"]);
    assert_eq!(code, 7, "{said}{talk}");
    let first = "error: sample `samples/1.json` was not answered: app.py:1: ModuleNotFoundError: \
                 No module named 'nowhere_at_all': `import nowhere_at_all`";
    assert_eq!(talk.lines().next(), Some(first), "{talk}");
    let here = tools::python();
    let hint = format!("hint: install them there: {} -m pip install -r", here.display());
    assert!(talk.contains(&hint) && !talk.contains("\"event\""), "{talk}");
    // Without a sample it is seen when it is started, and not waited for.
    let manifest = MANIFEST.split("samples:").next().expect("a manifest");
    fs::write(project.join("mlship.yaml"), manifest).expect("a manifest");
    let (code, said, talk) = run(&sandbox, &project, &["deploy"]);
    assert_eq!(code, 6, "{said}{talk}");
    assert!(talk.contains("the new version cannot load its model"), "{talk}");
    assert!(talk.contains("hint: it wrote: error: app.py:1: ModuleNotFoundError"), "{talk}");
}
