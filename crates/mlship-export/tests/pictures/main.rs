//! Learners of fastai: each way of making pictures ready is carried over, or refused by its name.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::path::{Path, PathBuf};
use std::process::Command;

use mlship_export::{
    Environment, ExportError, Loader, Order, Report, Sandbox, Trust, export, recipe, trust,
};
use mlship_inspect::{inspect, read_onnx};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

const IMAGENET: &str = r#""mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]"#;

fn learners() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/make.py");
    made_once(&folder, &[&script], |folder| {
        let mut python = Command::new(tools::networks_python());
        let status = python.arg("-B").arg(&script).arg(folder).status().unwrap();
        assert!(status.success(), "the learners are not made");
    });
    folder
}

fn exported(name: &str, shapes: &[&[u32]], out: &Path) -> Result<Report, ExportError> {
    let model = learners().join(name);
    let facts = inspect(&model).unwrap();
    assert_eq!(recipe(&facts)?.loader, Loader::Fastai, "{name}");
    // The labels' function of the training script is told, and is not needed.
    let Trust::Runs(strange) = trust(&facts) else { panic!("{name}: {:?}", trust(&facts)) };
    assert!(strange.iter().all(|one| one.starts_with("__main__.") || one.ends_with("getattr")));
    let shapes = shapes.iter().map(|shape| shape.to_vec()).collect();
    let order = Order { rows: 60, shapes, ..Order::new(&model, Loader::Fastai, out) };
    export(&order, &Environment::given(tools::networks_python()), Sandbox::find()?)
}

/// A learner, the shape that is said, what the manifest is told of its pictures, and the net's height
/// and width.
type Case = (&'static str, &'static [&'static [u32]], String, [u64; 2]);

#[test]
fn what_is_done_to_a_picture_is_carried_over() {
    let out = tempfile::tempdir().unwrap();
    let square = |edge: u32| format!(r#""resize": {{"width": {edge}, "height": {edge}}}"#);
    let cases: [Case; 9] = [
        ("squish.pkl", &[], format!("{}, \"channels\": \"rgb\", {IMAGENET}", square(32)), [32, 32]),
        ("crop.pkl", &[], r#""resize": 32, "crop": 32, "channels": "rgb"}"#.into(), [32, 32]),
        ("wide.pkl", &[], r#""resize": {"width": 40, "height": 24}"#.into(), [24, 40]),
        ("cut.pkl", &[], format!("{}, \"crop\": {{\"width\": 32", square(40)), [32, 32]),
        ("book.pkl", &[], r#""resize": 64, "crop": 64"#.into(), [64, 64]),
        ("warped.pkl", &[], square(60), [60, 60]),
        ("gray.pkl", &[], r#""channels": "gray", "mean": [0.2], "std": [0.3]"#.into(), [28, 28]),
        ("several.pkl", &[], square(32), [32, 32]),
        ("any_size.pkl", &[&[3, 48, 40]], r#"{"width": 40, "height": 48}"#.into(), [48, 40]),
    ];
    let (one, other) = cases.split_at(5);
    let work = |cases: &[Case]| cases.iter().for_each(|case| carried(case, out.path()));
    std::thread::scope(|scope| {
        scope.spawn(|| work(one));
        scope.spawn(|| work(other));
    });
}

fn carried((name, shapes, wanted, edges): &Case, out: &Path) {
    let to = out.join(name).with_extension("onnx");
    let report = exported(name, shapes, &to).unwrap();
    assert!(report.largest < 1e-5 && report.rows == 60, "{name}: {report:?}");
    let (said, input) = read_onnx(&to, |model, _| {
        let said: String =
            model.metadata.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        (said, format!("{:?}", model.graph.inputs))
    })
    .unwrap();
    assert!(said.contains(wanted), "{name}: {said}, expected {wanted}");
    let several = *name == "several.pkl";
    let labels =
        if several { "\"drawn\", \"square\"]" } else { "[\"circle\", \"cross\", \"square\"]" };
    let activation = if several { "sigmoid" } else { "softmax" };
    assert!(said.contains(labels) && said.contains(&format!("activation={activation}")), "{said}");
    let [height, width] = edges;
    assert!(input.contains(&format!("Fixed({height}), Fixed({width})")), "{name}: {input}");
    // The pictures are of more than one label, so that an answer could be wrong.
    let first = &report.samples[0].predict;
    let differ = report.samples.iter().any(|row| row.predict != *first);
    assert!(differ && report.samples.len() == 10, "{name}");
}

#[test]
fn what_has_no_form_is_refused_by_its_name() {
    let out = tempfile::tempdir().unwrap();
    let to = out.path().join("model.onnx");
    for (name, cause) in [
        ("padded.pkl", "its step `Resize` is not converted: it pads"),
        ("own_step.pkl", "its step `Darker` is not converted"),
        ("number.pkl", "it answers no labels"),
        ("table.pkl", "its step `TabularLearner` is not converted"),
        ("pooled.pkl", "its step `adaptive_avg_pool2d` is not converted"),
        ("any_size.pkl", "`--shape 3,28,28`"),
    ] {
        let error = match name {
            "table.pkl" => {
                let model = learners().join(name);
                let order = Order::new(&model, Loader::Fastai, &to);
                let environment = Environment::given(tools::networks_python());
                export(&order, &environment, Sandbox::find().unwrap()).unwrap_err()
            }
            _ => exported(name, &[], &to).unwrap_err(),
        };
        println!("{name}: {error}");
        assert!(error.to_string().contains(cause), "{name}: {error}");
        assert!(!to.exists());
    }
}
