//! The handlers that `init --lane python` writes: each loads its model with the library that wrote
//! it, and answers as that library does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_core::sample::compare;
use mlship_testkit::fixture::made_once;
use mlship_testkit::sandbox::Sandbox;
use mlship_testkit::tools;
use serde_json::{Value, json};

use crate::convert::models;
use crate::networks::{digits_made, made};
use crate::support::{mlship, root};

/// Files of the libraries of rows.
pub(crate) fn rows() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("handled");
    let script = root().join("tests/handlers/train.py");
    made_once(&folder, &[&script], |folder| {
        let status = Command::new(tools::python()).arg(&script).arg(folder).status();
        assert!(status.expect("Python starts").success(), "the models are not trained");
    });
    folder
}

/// A folder with the model, and what `init` wrote and said.
fn begun(sandbox: &Sandbox, model: &Path) -> (PathBuf, String) {
    let name = model.file_name().expect("a name").to_string_lossy().into_owned();
    let folder = sandbox.path().join(name.replace('.', "-"));
    fs::create_dir(&folder).expect("a folder");
    fs::copy(model, folder.join(&name)).expect("the model");
    let ran = mlship(sandbox, &folder, &["init", &name, "--lane", "python"]).ended(0);
    (folder, ran.stderr)
}

/// What the handlers in the folders answer, one request each.
fn asked(python: &Path, requests: &[(&Path, Value)]) -> Vec<Value> {
    let mut command = Command::new(python);
    command.arg("-B").arg(root().join("tests/handlers/ask.py"));
    for (folder, request) in requests {
        command.arg(folder).arg(request.to_string());
    }
    let ran = command.env_remove("MLSHIP_MODEL").output().expect("Python starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// What a line of Python gives.
fn said(python: &Path, folder: &Path, line: &str) -> Value {
    let code = format!(
        "import json\n{line}\nprint(json.dumps(found, default=lambda array: array.tolist()))"
    );
    let ran = Command::new(python).args(["-B", "-c", &code]).current_dir(folder).output();
    let ran = ran.expect("Python starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

fn wanted(folder: &Path) -> String {
    fs::read_to_string(folder.join("requirements.txt")).expect("requirements")
}

#[track_caller]
fn same(expected: &Value, found: &Value) {
    compare(expected, found).unwrap_or_else(|error| panic!("{error}: {found}"));
}

#[test]
fn boosted_trees_are_loaded_by_their_own_libraries() {
    let sandbox = Sandbox::new();
    let python = tools::python();
    let (named, _) = begun(&sandbox, &rows().join("named.ubj"));
    let (stopped, _) = begun(&sandbox, &rows().join("stopped.json"));
    let (pickled, _) = begun(&sandbox, &rows().join("booster.pkl"));
    let (leaves, _) = begun(&sandbox, &models().join("boosted.txt"));
    let (wrapped, _) = begun(&sandbox, &rows().join("wrapped.joblib"));
    let row = json!({"weight": 0.3, "size": null, "age": -1.5});
    let five = json!([[0.1, -0.2, 0.3, 0.4, null], [1, 1, 1, 1, 1]]);
    let by_name = json!({"x2": 0.3, "x1": -0.2, "x0": 0.1, "x3": 0.4, "x4": null});
    let found = asked(
        &python,
        &[
            (&named, row.clone()),
            (&named, json!([row])),
            (&stopped, five.clone()),
            (&stopped, by_name),
            (&pickled, five.clone()),
            (&leaves, five.clone()),
            (&wrapped, five.clone()),
            (&wrapped, five[1].clone()),
        ],
    );
    let code = format!(
        "import joblib, lightgbm, numpy, pandas, pathlib, pickle, xgboost\n\
         named, stopped, pickled, leaves, wrapped = map(pathlib.Path, {:?})\n\
         x = numpy.array([[0.1, -0.2, 0.3, 0.4, numpy.nan], [1, 1, 1, 1, 1]])\n\
         number = xgboost.XGBRegressor()\nnumber.load_model(named / 'named.ubj')\n\
         row = pandas.DataFrame([[-1.5, float('nan'), 0.3]], columns=['age', 'size', 'weight'])\n\
         best = xgboost.XGBClassifier()\nbest.load_model(stopped / 'stopped.json')\n\
         booster = pickle.load(open(pickled / 'booster.pkl', 'rb'))\n\
         worn = joblib.load(wrapped / 'wrapped.joblib').predict(x)\n\
         found = [number.predict(row)[0], number.predict(row), best.predict_proba(x),\n\
         best.predict_proba(x)[0], booster.predict(xgboost.DMatrix(x)),\n\
         lightgbm.Booster(model_file=leaves / 'boosted.txt').predict(x), worn, worn[1]]",
        [&named, &stopped, &pickled, &leaves, &wrapped]
    );
    same(&said(&python, &named, &code), &Value::from(found));
    assert_eq!(wanted(&wrapped), "joblib\nscikit-learn\nxgboost-cpu\n");
    assert!(wanted(&stopped).starts_with("numpy\nxgboost-cpu>="), "{}", wanted(&stopped));
    assert_eq!(wanted(&named), "numpy\nxgboost-cpu\n");
    assert_eq!(wanted(&leaves), "lightgbm\nnumpy\n");
    assert!(wanted(&pickled).contains("joblib\nnumpy\nxgboost-cpu\n"), "{}", wanted(&pickled));
}

#[test]
fn networks_are_loaded_as_what_they_are() {
    let sandbox = Sandbox::new();
    let python = tools::networks_python();
    let made = made("networks");
    let begin = |name: &str| begun(&sandbox, &made.join(name));
    let ((whole, quiet), (script, _), (plain, _)) =
        (begin("linear.pt"), begin("traced.pt"), begin("plain.pkl"));
    let (state, told) = begin("state.pt");
    // As training on several cards writes it, beside other things.
    let save = "import torch\nfound = torch.zeros(1)\nnet = torch.load('state.pt')\n\
                net = {f'module.{name}': tensor for name, tensor in net.items()}\n\
                torch.save({'epoch': 3, 'state_dict': net}, 'checkpoint.pt')";
    said(&python, &state, save);
    let (checkpoint, _) = begun(&sandbox, &state.join("checkpoint.pt"));
    for folder in [&state, &checkpoint] {
        let definition = root().join("crates/mlship-export/tests/networks/definition.py");
        fs::copy(definition, folder.join("model.py")).expect("the definition");
    }
    assert!(told.contains("`model.py`") && told.contains("`Net`"), "{told}");
    assert_eq!(quiet, "");
    let numbers = json!([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]]);
    let picture = json!(vec![vec![vec![vec![0.5; 32]; 32]; 3]; 1]);
    let found = asked(
        &python,
        &[
            (&whole, numbers.clone()),
            (&script, picture),
            (&plain, json!([[1.0, 2.0]])),
            (&state, numbers.clone()),
            (&checkpoint, numbers),
        ],
    );
    fs::copy(made.join("whole.pt"), state.join("whole.pt")).expect("the module");
    fs::copy(state.join("model.py"), state.join("definition.py")).expect("its definition");
    let code = format!(
        "import pathlib, pickle, torch\nwhole, script, plain = map(pathlib.Path, {:?})\n\
         six = torch.tensor([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]])\n\
         net = torch.load('whole.pt').float().eval()(six)\n\
         found = [torch.load(whole / 'linear.pt').eval()(six),\n\
         torch.jit.load(str(script / 'traced.pt')).eval()(torch.full((1, 3, 32, 32), 0.5)),\n\
         pickle.load(open(plain / 'plain.pkl', 'rb')).eval()(torch.tensor([[1.0, 2.0]])), net, net]",
        [&whole, &script, &plain]
    );
    same(&said(&python, &state, &code), &Value::from(found));
    assert!(wanted(&whole).ends_with("\ntorch\n"), "{}", wanted(&whole));
}

#[test]
fn a_learner_is_asked_with_a_picture() {
    let sandbox = Sandbox::new();
    let made = digits_made();
    let (folder, quiet) = begun(&sandbox, &made.join("export.pkl"));
    assert_eq!(quiet, "", "what labelled the pictures is not needed");
    let read = |name: &str| fs::read(made.join("samples").join(name)).expect("a sample");
    let request = serde_json::from_slice(&read("1.json")).expect("JSON");
    let expected: Value = serde_json::from_slice(&read("1.expect.json")).expect("JSON");
    let found = &asked(&tools::networks_python(), &[(&folder, request)])[0];
    assert_eq!(found["label"], expected["digit"]);
    let first = expected["probabilities"].as_object().expect("probabilities");
    for (digit, score) in first {
        same(score, &found["probabilities"][digit]);
    }
    assert!(wanted(&folder).contains("fastai>=2.7"), "{}", wanted(&folder));
}

#[test]
fn what_a_handler_is_not_given_is_refused_with_another_way() {
    let sandbox = Sandbox::new();
    let project = sandbox.path().join("project");
    sandbox.copy(&made("texts").join("classes"), "project/clf");
    let ran = mlship(&sandbox, &project, &["init", "clf", "--lane", "python"]).ended(2);
    assert!(ran.stderr.contains("it is a folder"), "{}", ran.stderr);
    assert!(ran.stderr.contains("the native lane takes it: mlship init clf"), "{}", ran.stderr);
    fs::write(project.join("old.h5"), b"\x89HDF\r\n\x1a\n").expect("a file");
    let ran = mlship(&sandbox, &project, &["init", "old.h5", "--lane", "python"]).ended(2);
    assert!(ran.stderr.contains("no handler for"), "{}", ran.stderr);
    assert!(ran.stderr.contains("write app.py yourself"), "{}", ran.stderr);
    assert!(!project.join("app.py").exists() && !project.join("mlship.yaml").exists());
}

#[test]
fn a_model_of_onnx_takes_its_inputs_by_name() {
    let sandbox = Sandbox::new();
    let example = root().join("examples/heart-disease");
    let (folder, _) = begun(&sandbox, &example.join("model.onnx"));
    let sample: Value =
        serde_json::from_slice(&fs::read(example.join("samples/1.json")).expect("a sample"))
            .expect("JSON");
    let columns = sample.as_object().expect("columns");
    let inputs: Value =
        columns.iter().map(|(name, value)| (name.clone(), json!([[value]]))).collect();
    let found = &asked(&tools::python(), &[(&folder, inputs)])[0];
    assert_eq!(found.as_object().expect("outputs").len(), 2, "{found}");
    assert_eq!(wanted(&folder), "numpy\nonnxruntime\n");
}

#[test]
fn a_null_is_not_a_number_in_columns_of_numbers() {
    let sandbox = Sandbox::new();
    let (folder, _) = begun(&sandbox, &rows().join("logs.joblib"));
    let row = |income: Value, city: Value| json!({"city": city, "income": income});
    let requests = [
        (folder.as_path(), row(json!(null), json!("rome"))),
        (&folder, row(json!(20), json!(null))),
        (&folder, json!([row(json!(null), json!(null)), row(json!(3), json!("oslo"))])),
    ];
    let found = asked(&tools::python(), &requests);
    let frame = "import joblib, pandas, io\nm = joblib.load('logs.joblib')\n\
                 found = m.predict(pandas.read_csv(io.StringIO('income,city\\n,rome\\n20,\\n,\\n3,oslo\\n')))";
    let read = said(&tools::python(), &folder, frame);
    assert_eq!(json!([found[0], found[1], found[2][0], found[2][1]]), read);
}
