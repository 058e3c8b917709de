//! Networks of torch: each is converted, with its largest difference, or refused with the cause and
//! the line to write.

#![expect(clippy::unwrap_used, reason = "a test stops where something is wrong")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use mlship_export::{
    Definition, Environment, ExportError, Loader, Order, Report, Sandbox, export, recipe,
};
use mlship_inspect::{inspect, read_onnx};
use mlship_testkit::fixture::made_once;
use mlship_testkit::tools;

/// A file, the shapes of its inputs, and the callable of its definition.
type Case = (&'static str, &'static [&'static [u32]], &'static str);

/// Those that convert, and what class they are of.
const CONVERTED: &[(Case, &str)] = &[
    (("linear.pt", &[], ""), "torch.nn.modules.container.Sequential"),
    (("conv.pth", &[&[3, 32, 32]], ""), "torch.nn.modules.container.Sequential"),
    (("old.pth", &[&[3, 32, 32]], ""), "torch.nn.modules.container.Sequential"),
    (("resnet.pt", &[&[3, 64, 64]], ""), "torchvision.models.resnet.ResNet"),
    (("steps.pt", &[&[7, 5]], "Net"), "definition.Steps"),
    (("words.pt", &[&[9]], "Net"), "definition.Words"),
    (("two.pt", &[&[3, 8, 8], &[4]], "Net"), "definition.Two"),
    (("own.pt", &[], "Own"), "definition.Own"),
    (("checked.pt", &[], "Net"), "definition.Checked"),
    (("whole.pt", &[], "Net"), "definition.Net"),
    (("in_a_dict.pt", &[], "Net"), "definition.Net"),
    (("state.pt", &[], "Net"), "definition.Net"),
    (("checkpoint.pt", &[], "Net"), "definition.Net"),
    (("looped.pt", &[], ""), "torch.jit.Looped"),
    (("traced.pt", &[&[3, 32, 32]], ""), "torch.jit.Sequential"),
];

/// Those that do not, and what is said.
const REFUSED: &[(Case, &str)] = &[
    (("conv.pth", &[], ""), "`--shape 3,224,224`"),
    (("steps.pt", &[], "Net"), "`--shape 16,5`"),
    (("words.pt", &[], "Net"), "numbers below 50"),
    (("two.pt", &[&[3, 8, 8]], "Net"), "it takes 2 inputs (picture, numbers)"),
    (("linear.pt", &[&[7]], ""), "does not run on an input of shape [2, 7]"),
    (("spectrum.pt", &[&[9]], "Net"), "its step `aten::linalg_eigvalsh` is not converted"),
    (
        ("choice.pt", &[], "Net"),
        "chooses by values, which a trace does not follow, at definition.py",
    ),
    (("kept.pt", &[], "Net"), "keeps the number of rows it was traced with"),
    (("noise.pt", &[], "Net"), "answers the same rows differently each time"),
    (("steps_first.pt", &[&[7, 5]], "Net"), "a row's answer depends on the rows beside it"),
    (("own.pt", &[], ""), "`--definition model.py:Own`"),
    (("whole.pt", &[], ""), "`--definition definition.py:Net`"),
    (("state.pt", &[], ""), "4 tensors by name and no module"),
    (("state.pt", &[], "Missing"), "has no `Missing` that can be called"),
    (("state.pt", &[], "broken"), "`broken()` fails: ValueError: no weights for today"),
    (("state.pt", &[], "needs"), "name a callable that takes nothing"),
    (("other_state.pt", &[], "Net"), "do not fit `Net()`"),
    (("no_weights.pt", &[], ""), "without weights or a module in it; it has `epoch`"),
    (("a_list.pt", &[], ""), "`builtins.list`, which is no module of torch"),
];

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/networks").join(name)
}

fn models() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("networks");
    let (make, definition) = (script("make.py"), script("definition.py"));
    made_once(&folder, &[&make, &definition], |folder| {
        let mut python = Command::new(tools::networks_python());
        let status = python.arg("-B").arg(&make).arg(folder).status().unwrap();
        assert!(status.success(), "the networks are not made");
    });
    folder
}

fn exported((name, shapes, callable): Case, out: &Path) -> Result<Report, ExportError> {
    let model = models().join(name);
    let loader = recipe(&inspect(&model).unwrap())?.loader;
    let definition =
        (!callable.is_empty()).then(|| Definition::in_file(script("definition.py"), callable));
    let shapes = shapes.iter().map(|shape| shape.to_vec()).collect();
    let order = Order { rows: 100, shapes, definition, ..Order::new(&model, loader, out) };
    export(&order, &Environment::given(tools::networks_python()), Sandbox::find()?)
}

/// Does the work on two processors, and gathers what is wrong.
fn all<T: Copy + Send + Sync>(cases: &[T], wrong: impl Fn(T) -> Option<String> + Sync) {
    let (left, told) = (Mutex::new(cases.to_vec()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let Some(case) = left.lock().unwrap().pop() else { break };
            let found = wrong(case);
            told.lock().unwrap().extend(found);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    assert_eq!(told.into_inner().unwrap(), Vec::<String>::new());
}

#[test]
fn each_is_converted_with_its_difference_for_any_number_of_rows() {
    let out = tempfile::tempdir().unwrap();
    all(CONVERTED, |(case, class)| {
        let to = out.path().join(case.0).with_extension("onnx");
        let report = match exported(case, &to) {
            Ok(report) => report,
            Err(error) => return Some(format!("{}: {error}", case.0)),
        };
        println!("{}: {:.1e} in {} rows", case.0, report.largest, report.rows);
        let whole = report.class == class && report.rows == 100 && report.largest <= 1e-5;
        let (batch, said) = read_onnx(&to, |model, _| {
            let ports = model.graph.inputs.iter().chain(&model.graph.outputs);
            let batch = ports.map(|port| format!("{:?}", port.kind)).collect::<Vec<_>>();
            let said = model.metadata.iter().find(|(key, _)| key == "mlship.export").cloned();
            (batch, said.unwrap_or_default().1)
        })
        .unwrap();
        let batched = batch.iter().all(|shape| shape.contains("\"batch\""));
        let told = said.contains("\"rows\": 100") && said.contains("\"torch\": ");
        // The one whose code looks at values is told of, with the line.
        let noted = report.notes.iter().any(|note| note.contains("at definition.py:"));
        let told = told && noted == (case.0 == "checked.pt");
        (!(whole && batched && told)).then(|| format!("{}: {report:?} {batch:?} {said}", case.0))
    });
}

#[test]
fn others_are_refused_with_the_cause_and_the_line() {
    let out = tempfile::tempdir().unwrap();
    all(REFUSED, |(case, cause)| {
        let to = out.path().join(case.0).with_extension("onnx");
        match exported(case, &to) {
            Ok(report) => Some(format!("{}: {report:?}, expected {cause}", case.0)),
            Err(error) => {
                println!("{}: {error}", case.0);
                let said = error.to_string();
                (!said.contains(cause) || said.contains('\n') || to.exists())
                    .then(|| format!("{}: {said}", case.0))
            }
        }
    });
}

#[test]
fn what_differs_by_more_than_is_allowed_is_not_written() {
    let out = tempfile::tempdir().unwrap();
    let (model, to) = (models().join("linear.pt"), out.path().join("model.onnx"));
    let order = Order { rows: 20, tolerance: 1e-12, ..Order::new(&model, Loader::Torch, &to) };
    let environment = Environment::given(tools::networks_python());
    let error = export(&order, &environment, Sandbox::find().unwrap()).unwrap_err();
    assert!(matches!(error, ExportError::Differs(_)), "{error:?}");
    assert!(error.to_string().contains("1e-12 is allowed"), "{error}");
    assert!(!to.exists());
}

#[test]
fn another_operator_set_is_taken_where_it_is_asked_for() {
    let out = tempfile::tempdir().unwrap();
    let (model, to) = (models().join("linear.pt"), out.path().join("model.onnx"));
    let order = Order { rows: 20, opset: Some(13), ..Order::new(&model, Loader::Torch, &to) };
    let environment = Environment::given(tools::networks_python());
    let report = export(&order, &environment, Sandbox::find().unwrap()).unwrap();
    assert_eq!(report.opset["ai.onnx"], 13);
}
