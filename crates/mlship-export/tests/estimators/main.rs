//! What people have on their desks: each is converted, with its largest difference, or refused with
//! the step and the reason.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use mlship_export::{
    Environment, ExportError, Order, Report, Sandbox, Trust, export, recipe, trust,
};
use mlship_inspect::inspect;
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

/// Those that convert.
const CONVERTED: &[&str] = &[
    "logistic_regression.joblib",
    "column_transformer.joblib",
    "target_encoder.joblib",
    "random_forest.joblib",
    "gradient_boosting.joblib",
    "svc.joblib",
    "k_neighbors.joblib",
    "gaussian_nb.joblib",
    "mlp.joblib",
    "calibrated.joblib",
    "k_means.joblib",
    "bayesian_mixture.joblib",
    "pca_select_ridge.joblib",
    "power_transformer.joblib",
    "stacking.joblib",
    "gaussian_process.joblib",
    "histogram_boosting.joblib",
    "isolation_forest.joblib",
    "soft_voting.joblib",
    "tfidf.joblib",
    "ordinal_forest.joblib",
    "xgboost.joblib",
    "xgboost_numbers.joblib",
    "lightgbm.joblib",
    "lightgbm_in_a_table.joblib",
    "xgboost_in_a_table.joblib",
    "xgboost_own.json",
    "lightgbm_own.txt",
    "lightgbm_own_many.txt",
    "in_a_dict.joblib",
    "xgboost_of_a_table.joblib",
    "xgboost_of_a_table.ubj",
    "xgboost_of_a_table_many.joblib",
    "xgboost_of_a_table_many.json",
    "xgboost_of_a_table_numbers.joblib",
    "xgboost_of_a_table_numbers.ubj",
    "xgboost_behind_names.joblib",
    "lightgbm_of_a_table.joblib",
    "lightgbm_of_a_table.txt",
    "lightgbm_of_a_table_numbers.joblib",
];

/// Those whose converted form answers otherwise, and what does: in 32 bits a row is no longer its own
/// nearest neighbour, and support vectors fall to the other side of the border that they define.
const DIFFERENT: &[(&str, &str)] = &[
    ("local_outlier_factor.joblib", "`decision_function` differs"),
    ("one_class_svm.joblib", "rows get another label"),
];

/// Those that have no form in ONNX, and the step that is named.
const REFUSED: &[(&str, &str)] = &[
    ("string_imputer.joblib", "SimpleImputer"),
    ("function_transformer.joblib", "FunctionTransformer"),
    ("iterative_imputer.joblib", "IterativeImputer"),
    ("spline.joblib", "SplineTransformer"),
    ("tfidf_letters.joblib", "TfidfVectorizer"),
    ("hashing.joblib", "HashingVectorizer"),
];

/// Those with a column of categories that the booster codes by itself, and what is said of it.
const CODED: &[(&str, &str)] = &[
    (
        "xgboost_categories.joblib",
        "the model is not converted: its column `city` holds categories, which xgboost codes by itself",
    ),
    (
        "xgboost_categories.ubj",
        "the model is not converted: its column `city` holds categories, which xgboost codes by itself",
    ),
    (
        "lightgbm_categories.joblib",
        "the model is not converted: its column `city` (bonn, oslo, rome) holds categories, which lightgbm codes by itself",
    ),
    (
        "lightgbm_categories.txt",
        "the model is not converted: its column `city` (bonn, oslo, rome) holds categories, which lightgbm codes by itself",
    ),
    (
        "lightgbm_categories_inside.joblib",
        "its step `LGBMClassifier` is not converted: its column `city` (bonn, oslo, rome) holds categories, which lightgbm codes by itself",
    ),
    (
        "lightgbm_numbered.joblib",
        "the model is not converted: its column `kind` holds categories, which lightgbm codes by itself",
    ),
];

fn models() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("estimators");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/estimators/train.py");
    made_once(&folder, &[&script], |folder| {
        let status = Command::new(tools::python()).arg(&script).arg(folder).status().unwrap();
        assert!(status.success(), "the estimators are not trained");
    });
    folder
}

fn exported(model: &Path, out: &Path, tolerance: f64) -> Result<Report, ExportError> {
    let loader = recipe(&inspect(model).unwrap())?.loader;
    let order = Order { rows: 300, tolerance, ..Order::new(model, loader, out) };
    export(&order, &Environment::given(tools::python()), Sandbox::find()?)
}

#[test]
fn each_is_converted_with_its_difference_or_refused_with_the_step() {
    let (folder, out) = (models(), tempfile::tempdir().unwrap());
    let wanted = CONVERTED.iter().map(|name| (*name, None));
    let wanted = wanted.chain(REFUSED.iter().map(|(name, step)| (*name, Some(*step))));
    let wanted = wanted.chain(DIFFERENT.iter().map(|(name, cause)| (*name, Some(*cause))));
    let (left, told) = (Mutex::new(wanted.collect::<Vec<_>>()), Mutex::new(Vec::new()));
    let work = || {
        while let Some((name, step)) = left.lock().unwrap().pop() {
            let to = out.path().join(name).with_extension("onnx");
            let wrong = match (exported(&folder.join(name), &to, 1e-4), step) {
                (Ok(report), None) => {
                    println!("{name}: {:.1e}, ties: {}", report.largest, report.ties);
                    let whole = report.rows == 300 && to.exists() && report.largest <= 1e-4;
                    (!whole).then(|| format!("{name}: {report:?}"))
                }
                (Err(ExportError::Step { step: Some(found), reason }), Some(step)) => {
                    println!("{name}: {found}: {reason}");
                    (found != step || to.exists()).then(|| format!("{name}: {found}"))
                }
                (Err(ExportError::Differs(reason)), Some(cause)) => {
                    println!("{name}: {reason}");
                    (!reason.contains(cause) || to.exists()).then(|| format!("{name}: {reason}"))
                }
                (other, step) => Some(format!("{name}: {other:?}, expected {step:?}")),
            };
            told.lock().unwrap().extend(wrong);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    assert_eq!(told.into_inner().unwrap(), Vec::<String>::new());
}

#[test]
fn categories_that_a_booster_codes_are_refused_by_the_name_of_their_column() {
    let (folder, out) = (models(), tempfile::tempdir().unwrap());
    let to = out.path().join("model.onnx");
    for (name, wanted) in CODED {
        let error = exported(&folder.join(name), &to, 1e-4).unwrap_err();
        assert!(error.is_of_the_model(), "{name}: {error:?}");
        assert!(error.to_string().starts_with(wanted), "{name}: {error}");
        assert!(!to.exists(), "{name}");
    }
}

#[test]
fn what_differs_is_not_written() {
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("model.onnx");
    let error = exported(&models().join("gaussian_nb.joblib"), &to, 1e-12).unwrap_err();
    assert!(matches!(error, ExportError::Differs(_)), "{error:?}");
    assert!(error.to_string().contains("1e-12 is allowed"), "{error}");
    assert!(!to.exists());
}

#[test]
fn what_is_no_model_is_said_to_be_none() {
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("model.onnx");
    let folder = models();
    let error = exported(&folder.join("a_list.joblib"), &to, 1e-4).unwrap_err();
    assert!(error.to_string().contains("`builtins.list`, which is no model"), "{error}");
    // Its function is of the training script, which is not here.
    let error = exported(&folder.join("own_function.joblib"), &to, 1e-4).unwrap_err();
    assert!(matches!(error, ExportError::Load(_)), "{error:?}");
    assert!(error.to_string().contains("log_of_numbers"), "{error}");
}

/// The rule that refuses harmful imports lets through all that these are made of.
#[test]
fn none_of_them_is_taken_for_harmful() {
    let folder = models();
    let refused = REFUSED.iter().chain(DIFFERENT).map(|(name, _)| *name);
    for name in CONVERTED.iter().copied().chain(refused) {
        let facts = inspect(&folder.join(name)).unwrap();
        let wanted = if facts.pickle.is_some() { Trust::Runs(Vec::new()) } else { Trust::Data };
        assert_eq!(trust(&facts), wanted, "{name}");
    }
}
