//! Models that are made to answer otherwise in ONNX somewhere: none is written, and what differs is
//! said. Their neighbours, which answer alike, are converted.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_export::{Environment, ExportError, Order, Report, Sandbox, export, recipe};
use mlship_inspect::inspect;
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

fn models() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("otherwise");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/otherwise/train.py");
    made_once(&folder, &[&script], |folder| {
        let status = Command::new(tools::python()).arg(&script).arg(folder).status().unwrap();
        assert!(status.success(), "the models are not trained");
    });
    folder
}

/// What becomes of a model, and whether a file is written.
fn exported(name: &str) -> (Result<Report, ExportError>, bool) {
    let (model, out) = (models().join(name), tempfile::tempdir().unwrap());
    let loader = recipe(&inspect(&model).unwrap()).unwrap().loader;
    let to = out.path().join("model.onnx");
    let order = Order::new(&model, loader, &to);
    let environment = Environment::given(tools::python());
    (export(&order, &environment, Sandbox::find().unwrap()), to.exists())
}

fn refused(name: &str, cause: &str) {
    let (answer, written) = exported(name);
    let error = answer.map(|report| format!("{report:?}")).unwrap_err().to_string();
    assert!(error.contains(cause), "{name}: {error}");
    assert!(!written, "{name}");
}

fn converted(name: &str) -> Report {
    let (answer, written) = exported(name);
    assert!(written, "{name}: {answer:?}");
    answer.unwrap()
}

/// The cuts of trees are known through the steps before them.
#[test]
fn trees_behind_steps_are_asked_where_they_cut() {
    refused("times_in_a_table.joblib", "rows get another label");
    // Ages: trees cut on whole numbers, and a scaler in 32 bits puts those on the other side.
    // They are computed in 64 bits, as scikit-learn does, also what is filled in and scaled.
    let in_64_bits = [
        "people_that_are_scaled",
        "persons_in_a_forest",
        "persons_boosted",
        "times_that_are_scaled",
        "times_in_parts",
    ];
    for name in ["seconds_in_a_table", "people"].into_iter().chain(in_64_bits) {
        let report = converted(&format!("{name}.joblib"));
        assert!(report.largest <= 1e-6 && report.notes.is_empty(), "{name}: {report:?}");
    }
}

/// lightgbm may take a 0 for a value that is not there, and the converter does not.
#[test]
fn a_zero_that_stands_for_nothing_is_refused_by_the_parameter() {
    refused("zero_as_missing.joblib", "`zero_as_missing=True`");
    refused("zero_as_missing.txt", "`zero_as_missing=True`");
    assert!(converted("zero_as_zero.joblib").largest <= 1e-6);
}

/// A text that is missing is an empty one to ONNX, which no encoder has learned.
#[test]
fn a_missing_category_is_refused_with_its_column() {
    for name in ["missing_ordinal", "missing_one_hot", "missing_target"] {
        let cause = "column `city`: the model has learned a missing category";
        refused(&format!("{name}.joblib"), cause);
    }
    assert!(converted("missing_filled.joblib").largest <= 1e-6);
}

/// Models of models are asked where each of them cuts.
#[test]
fn votes_and_stacks_of_forests_are_converted() {
    for name in ["voting.joblib", "stacking.joblib"] {
        assert!(converted(name).largest <= 1e-6, "{name}");
    }
}

#[test]
fn true_and_false_are_one_and_zero() {
    let report = converted("truths.joblib");
    assert!(report.samples.iter().all(|row| row.predict.is_u64()), "{report:?}");
    assert!(report.notes.iter().any(|note| note.contains("`false` and `true`")), "{report:?}");
}

#[test]
fn what_xgboost_has_no_converter_for_is_named() {
    refused("linear_boosting.joblib", "`booster=\"gblinear\"`");
    for name in ["trees_of_two.joblib", "trees_of_two.json"] {
        refused(name, "`multi_strategy=\"multi_output_tree\"`");
    }
}

/// Terms that cancel are seen where labels meet; of a number nobody knows how small it may be.
#[test]
fn large_terms_that_cancel_are_refused_or_told() {
    refused("late.joblib", "another label");
    assert!(converted("late_by_hours.joblib").largest <= 1e-6);
    let told = converted("hours.joblib").notes.join("; ");
    assert!(told.contains("no step tells what `x0` hold"), "{told}");
    assert!(converted("hours_by_hours.joblib").notes.is_empty());
}
