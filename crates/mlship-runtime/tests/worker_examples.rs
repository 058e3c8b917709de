//! The handlers that users are shown: the example and the template, trained and asked for real.
#![cfg(feature = "worker")]
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_bundle::{BUNDLE_ITSELF, Bundle, FILE, Worker};
use serde_json::{Value, json};
use support::handlers::{self, predict};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The example with this handler, its files beside the model as a package has them.
fn example(handler: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (place, example) = (folder.path(), root().join("examples/sklearn-python"));
    for file in ["features.py", "train.py"] {
        std::fs::copy(example.join(file), place.join(file)).unwrap();
    }
    std::fs::copy(handler, place.join("app.py")).unwrap();
    support::run(Command::new(mlship_testkit::tools::python()).arg("train.py").current_dir(place));
    let mut bundle = handlers::bundle();
    bundle.model.path = "model.joblib".into();
    // scikit-learn is imported within the bound on a start, which is none.
    bundle.bounds.timeout_s = 10;
    let worker = Worker { path: vec![BUNDLE_ITSELF.into()], ..bundle.worker.unwrap() };
    let bundle = Bundle { worker: Some(worker), ..bundle };
    std::fs::write(place.join(FILE), serde_json::to_vec(&bundle).unwrap()).unwrap();
    folder
}

fn sample(name: &str) -> Value {
    let file = root().join("examples/sklearn-python/samples").join(name);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// True when they differ in nothing but 1e-4 of a number.
fn are_close(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() < 1e-4
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| are_close(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| are_close(one, other)))
        }
        (one, other) => one == other,
    }
}

#[test]
fn worker_answers_the_samples_of_the_example_and_runs_the_template() {
    let folder = example(&root().join("examples/sklearn-python/app.py"));
    let mut server = handlers::started(folder.path());
    for name in ["1", "2"] {
        let reply = predict(&server, &sample(&format!("{name}.json")));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let expected = sample(&format!("{name}.expect.json"));
        assert!(are_close(&reply.json(), &expected), "{} {expected}", reply.json());
    }
    let mut wrong = sample("1.json");
    wrong.as_object_mut().unwrap().remove("hour");
    assert_eq!(predict(&server, &wrong).json()["detail"], "the handler raised `KeyError`");
    let raised = handlers::wait_for(&mut server, "raised");
    // The line is of the user's own, and not of the library that called it.
    assert!(raised["at"].as_str().unwrap().starts_with("features.py:"), "{raised}");
    drop(server);

    let template = root().join("templates/python-handler/content/app.py");
    std::fs::copy(template, folder.path().join("app.py")).unwrap();
    let server = handlers::started(folder.path());
    let one = predict(&server, &sample("1.json"));
    assert!(are_close(&one.json(), &sample("1.expect.json")["minutes"]), "{}", one.text());
    let many = predict(&server, &json!([sample("1.json"), sample("1.json")]));
    assert!(are_close(&many.json(), &json!([one.json(), one.json()])), "{}", many.text());
}
