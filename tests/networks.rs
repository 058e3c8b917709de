//! Networks of torch, fastai and transformers to a service, by the command itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_core::sample::compare;
use mlship_testkit::fixture::made_once;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;
use serde_json::Value;

use crate::support::{json, mlship, root};

/// What a script of the converter's own tests makes.
pub(crate) fn made(what: &str) -> PathBuf {
    let scripts = root().join("crates/mlship-export/tests").join(what);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("made-{what}"));
    let script = scripts.join("make.py");
    made_once(&folder, &[&script], |folder| python(&script, &[&folder.to_string_lossy()]));
    folder
}

fn python(script: &Path, arguments: &[&str]) {
    let mut command = Command::new(tools::networks_python());
    let ran = command.arg("-B").arg(script).args(arguments).output().expect("Python starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

/// A sandbox with an empty folder `project`, and the flag that names a Python.
fn empty() -> (Sandbox, PathBuf, String) {
    let sandbox = Sandbox::new();
    let project = sandbox.path().join("project");
    fs::create_dir_all(&project).expect("a folder");
    (sandbox, project, format!("--python={}", tools::networks_python().display()))
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

#[test]
fn a_module_is_served_after_two_commands() {
    let (sandbox, project, python) = empty();
    copy(&made("networks").join("conv.pth"), &project.join("conv.pth"));
    let asked = mlship(&sandbox, &project, &["init", "conv.pth", "--trust", &python]).ended(2);
    assert!(asked.stderr.contains("--shape 3,224,224"), "{}", asked.stderr);
    let shaped = ["init", "conv.pth", "--trust", &python, "--shape", "3,32,32"];
    json(&sandbox, &project, &shaped, 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    assert!(manifest.contains("crop: 32") && manifest.contains("label-4"), "{manifest}");
    let deployed = json(&sandbox, &project, &["deploy"], 0);
    assert!(deployed["answer"]["label"].is_string(), "{deployed}");
    mlship(&sandbox, &project, &["destroy"]).ended(0);
}

#[test]
fn weights_need_their_definition_and_no_trust() {
    let (sandbox, project, python) = empty();
    copy(&made("networks").join("state.pt"), &project.join("state.pt"));
    let scripts = root().join("crates/mlship-export/tests/networks");
    copy(&scripts.join("definition.py"), &project.join("model.py"));
    let asked = mlship(&sandbox, &project, &["convert", "state.pt", &python]).ended(2);
    assert!(asked.stderr.contains("--definition model.py:Net"), "{}", asked.stderr);
    let defined = ["convert", "state.pt", &python, "--definition", "model.py:Net"];
    let made = json(&sandbox, &project, &defined, 0);
    assert_eq!(made["proof"]["class"], "model.Net");
    assert!(made["proof"]["largest"].as_f64().expect("a number") < 1e-5, "{made}");
    // The runtime was asked with one row, with two and with five.
    assert_eq!(made["proof"]["requests"], 3);
    assert!(made["proof"]["runtime"].as_f64().expect("a number") < 1e-5, "{made}");
    let facts = json(&sandbox, &project, &["inspect", "state.onnx"], 0);
    assert_eq!(facts["onnx"]["inputs"][0]["shape"], serde_json::json!(["batch", "6"]));
}

/// A project with a package that imports from beside itself, and what was trained with it.
fn packaged() -> (Sandbox, PathBuf, String) {
    let (sandbox, project, python) = empty();
    let package = project.join("mynets");
    fs::create_dir_all(&package).expect("a package");
    fs::write(package.join("__init__.py"), "").expect("a file");
    let block = "from torch import nn\n\nclass Block(nn.Linear):\n    pass\n";
    fs::write(package.join("layers.py"), block).expect("a file");
    let net = "from torch import nn\nfrom .layers import Block\n\n\
               class SmallNet(nn.Module):\n    def __init__(self):\n        super().__init__()\n        \
               self.one = Block(4, 3)\n\n    def forward(self, x):\n        return self.one(x).tanh()\n";
    fs::write(package.join("small.py"), net).expect("a file");
    let train = "import sys, torch\nfrom mynets.small import SmallNet\nnet = SmallNet()\n\
                 torch.save(net, sys.argv[1] + '/whole.pt')\n\
                 torch.save(net.state_dict(), sys.argv[1] + '/state.pt')\n";
    let script = project.join("train.py");
    fs::write(&script, train).expect("a script");
    self::python(&script, &[&project.to_string_lossy()]);
    (sandbox, project, python)
}

#[test]
fn a_definition_may_be_in_a_package() {
    let (sandbox, project, python) = packaged();
    // What is said before anything is loaded, and the line that a file of a class has.
    let told = mlship(&sandbox, &project, &["inspect", "state.pt"]).ended(0).stdout;
    assert!(told.contains("mlship init state.pt --definition model.py:Net\n"), "{told}");
    let told = mlship(&sandbox, &project, &["inspect", "whole.pt"]).ended(0).stdout;
    let line = "--definition mynets.small:SmallNet";
    assert!(told.contains(&format!("mlship init whole.pt {line}\n")), "{told}");
    let asked = mlship(&sandbox, &project, &["convert", "whole.pt", "--trust", &python]).ended(2);
    assert!(asked.stderr.contains(line), "{}", asked.stderr);

    let convert = |folder: &Path, model: &str, definition: &str| {
        let words = ["convert", model, "--trust", &python, "--out", "made.onnx", "--definition"];
        json(&sandbox, folder, &[&words[..], &[definition]].concat(), 0)
    };
    for definition in ["mynets/small.py:SmallNet", "mynets.small:SmallNet"] {
        for model in ["state.pt", "whole.pt"] {
            let made = convert(&project, model, definition);
            assert_eq!(made["proof"]["class"], "mynets.small.SmallNet", "{model} {definition}");
        }
    }
    // From elsewhere a module is looked for beside the model.
    let below = project.join("below");
    fs::create_dir_all(&below).expect("a folder");
    convert(&below, "../state.pt", "mynets.small:SmallNet");
    let lost = ["convert", "state.pt", &python, "--definition", "mynets.large:SmallNet"];
    let lost = mlship(&sandbox, &project, &lost).ended(2);
    assert!(lost.stderr.contains("there is no module `mynets.large`"), "{}", lost.stderr);
}

#[test]
fn what_answers_otherwise_ends_with_seven_and_leaves_nothing() {
    let (sandbox, project, python) = empty();
    copy(&made("networks").join("choice.pt"), &project.join("choice.pt"));
    let definition = root().join("crates/mlship-export/tests/networks/definition.py");
    let definition = format!("{}:Choice", definition.display());
    let words = ["convert", "choice.pt", "--trust", &python, "--definition", &definition];
    let ran = mlship(&sandbox, &project, &words).ended(7);
    assert!(ran.stderr.contains("chooses by values"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--lane python"), "{}", ran.stderr);
    assert!(!project.join("choice.onnx").exists());
}

#[test]
fn a_folder_of_transformers_is_served_after_two_commands() {
    let (sandbox, project, python) = empty();
    sandbox.copy(&made("texts").join("old"), "project/bert");
    let made = json(&sandbox, &project, &["init", "bert", &python], 0);
    assert_eq!(made["schema"], "mlship/init/1");
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    for line in ["tokenizer: bert/tokenizer.json", "labels: [home, travel, food]", "softmax"] {
        assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    }
    json(&sandbox, &project, &["deploy"], 0);
    let answer = json(&sandbox, &project, &["invoke", "--data", r#"{"text": "bus ticket"}"#], 0);
    let sample = fs::read_to_string(project.join("samples/1.json")).expect("a sample");
    assert!(sample.contains("This is a sentence"), "{sample}");
    let probabilities = answer["answer"]["probabilities"].as_object().expect("probabilities");
    let sum: f64 = probabilities.values().filter_map(Value::as_f64).sum();
    assert!(probabilities.len() == 3 && (sum - 1.0).abs() < 1e-5, "{answer}");
    mlship(&sandbox, &project, &["destroy"]).ended(0);
    // The converted folder is taken as it is by another manifest.
    let again = ["--manifest", "again.yaml", "init", "bert", "--name", "again"];
    fs::remove_dir_all(project.join("samples")).expect("the samples");
    fs::remove_file(project.join("mlship.yaml")).expect("the manifest");
    json(&sandbox, &project, &again, 0);
}

/// What the example's script writes after one round of training.
pub(crate) fn digits_made() -> PathBuf {
    let script = root().join("examples/fastai-digits/train.py");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fastai-digits");
    made_once(&folder, &[&script], |folder| python(&script, &[&folder.to_string_lossy(), "1"]));
    folder
}

/// The example, with it.
fn digits() -> (Sandbox, PathBuf) {
    let (example, folder) = (root().join("examples/fastai-digits"), digits_made());
    let sandbox = Sandbox::new();
    let project = sandbox.copy(&example, "project");
    fs::remove_file(project.join("export.onnx")).ok();
    sandbox.copy(&folder, "project");
    (sandbox, project)
}

#[test]
fn a_learner_answers_pictures_as_fastai_does_converted_and_as_it_is() {
    let (sandbox, project) = digits();
    let python = format!("--python={}", tools::networks_python().display());
    let made = json(&sandbox, &project, &["convert", "export.pkl", "--trust", &python], 0);
    assert!(made["proof"]["runtime"].as_f64().expect("a number") < 1e-4, "{made}");
    // What is expected is what fastai itself said when it was trained.
    let packed = json(&sandbox, &project, &["package"], 0);
    assert_eq!(packed["provenance"]["proved-on"].as_array().map(Vec::len), Some(2), "{packed}");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_mlship"));
    command.current_dir(&project).env("MLSHIP_PYTHON", tools::networks_python());
    let deploy = ["deploy", "--manifest", "python.yaml", "--output", "json"];
    let ran = command.args(deploy).output().expect("the tool starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let deployed: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let expected = fs::read(project.join("samples/1.expect.json")).expect("a sample");
    let expected: Value = serde_json::from_slice(&expected).expect("JSON");
    compare(&expected, &deployed["answer"]).expect("the sample's answer");
    mlship(&sandbox, &project, &["destroy", "--manifest", "python.yaml"]).ended(0);
}

#[test]
fn init_writes_what_a_learner_does_to_a_picture() {
    let (sandbox, of) = digits();
    let project = sandbox.path().join("new");
    fs::create_dir_all(&project).expect("a folder");
    copy(&of.join("export.pkl"), &project.join("export.pkl"));
    let python = format!("--python={}", tools::networks_python().display());
    json(&sandbox, &project, &["init", "export.pkl", "--trust", &python], 0);
    let manifest = fs::read_to_string(project.join("mlship.yaml")).expect("a manifest");
    for line in [
        "resize: {width: 28, height: 28}",
        "channels: gray",
        "mean: [0.3]",
        "std: [0.35]",
        r#"labels: ["0", "1", "2","#,
        "activation: softmax",
    ] {
        assert!(manifest.contains(line), "{line} is not in\n{manifest}");
    }
    json(&sandbox, &project, &["package"], 0);
}

#[test]
fn files_of_torch_that_would_run_a_program_are_never_loaded() {
    let (sandbox, project, python) = empty();
    let script = project.join("harm.py");
    let lines = "import os, sys, torch\nfrom fastai.data.transforms import ToTensor\n\
                 class Harm:\n    def __reduce__(self):\n        return os.system, ('touch harm',)\n\
                 torch.save({'a': torch.zeros(2), 'b': Harm()}, sys.argv[1] + '/harm.pt')\n\
                 torch.save({'a': ToTensor(), 'b': Harm()}, sys.argv[1] + '/export.pkl')\n";
    fs::write(&script, lines).expect("a script");
    self::python(&script, &[&project.to_string_lossy()]);
    for model in ["harm.pt", "export.pkl"] {
        for command in ["init", "convert"] {
            let ran = mlship(&sandbox, &project, &[command, model, "--trust", &python]).ended(2);
            assert!(ran.stderr.contains("would run `os.system`"), "{}", ran.stderr);
            assert!(!project.join("harm").exists(), "{model} ran");
        }
    }
    // Loaded by torch it does run: the test can fail.
    let load = "import torch; torch.load('harm.pt', weights_only=False)";
    let mut command = Command::new(tools::networks_python());
    let status = command.args(["-c", load]).current_dir(&project).status();
    assert!(status.expect("Python starts").success() && project.join("harm").exists());
}
