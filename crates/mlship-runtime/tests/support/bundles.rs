//! Bundles on disk.

use std::path::Path;

use mlship_bundle::{
    Activation, Bounds, Bundle, Classify, Column, ColumnKind, Element, EngineKind, FILE, FORMAT,
    Input, Model, Output, Packed, Port, Regress, Serving, Text, TokenizerForm,
};
use mlship_compile::{Case, TokenizerFile, tokenizer};
use tempfile::TempDir;

/// A bundle of one of the tiny networks, with its tensors as they are.
pub(crate) fn tensors(name: &str, inputs: Vec<Port>, outputs: Vec<Port>) -> Bundle {
    Bundle {
        format: FORMAT,
        name: name.into(),
        model: Model {
            engine: EngineKind::Neural,
            path: "model.onnx".into(),
            weights: Some("weights.data".into()),
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: "0".repeat(64),
            inputs,
            outputs,
        },
        input: Input::Tensor,
        output: Output::Tensor,
        samples: Vec::new(),
        bounds: Bounds { rows: 100, timeout_s: 20, ..Bounds::default() },
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    }
}

pub(crate) fn port(name: &str, element: Element, shape: &[usize]) -> Port {
    let shape = shape.iter().map(|length| (*length > 0).then_some(*length)).collect();
    Port { name: name.into(), element, shape }
}

/// The tiny network `linear`, as tensors.
pub(crate) fn linear() -> Bundle {
    let x = port("x", Element::F32, &[0, 3]);
    tensors("linear", vec![x], vec![port("y", Element::F32, &[0, 2])])
}

/// The tiny network `linear` as a table of `age`, `visits` and `smoker`, of which `age` may be
/// missing, that answers two numbers.
pub(crate) fn table() -> Bundle {
    let column = |name: &str, kind, optional| Column::plain(name, kind, optional);
    let columns = vec![
        column("age", ColumnKind::Float, true),
        column("visits", ColumnKind::Int, false),
        column("smoker", ColumnKind::Bool, false),
    ];
    let packed = Packed { input: "x".into(), element: Element::F32, columns };
    let regress = Regress { field: "score".into(), output: "y".into() };
    Bundle { input: Input::Table(vec![packed]), output: Output::Regress(regress), ..linear() }
}

/// The tiny network `linear` as a classifier of its own tensors.
pub(crate) fn classifier() -> Bundle {
    let classify = Classify {
        field: "diagnosis".into(),
        label_output: None,
        score_output: Some("y".into()),
        classes: vec!["0".into(), "1".into()],
        labels: vec!["clear".into(), "ill".into()],
        top: None,
        activation: Activation::Softmax,
        threshold: None,
    };
    Bundle { output: Output::Classify(classify), ..linear() }
}

/// The tiny network `words`.
pub(crate) fn words() -> Bundle {
    let ids = port("ids", Element::I64, &[0, 0]);
    tensors("words", vec![ids], vec![port("y", Element::F32, &[0, 2])])
}

/// The tiny network `fixed`.
pub(crate) fn fixed() -> Bundle {
    let outputs =
        vec![port("y", Element::F32, &[1, 2, 2]), port("positive", Element::Bool, &[1, 2, 2])];
    tensors("fixed", vec![port("image", Element::F32, &[1, 2, 2])], outputs)
}

/// The tiny network `infinite`.
pub(crate) fn infinite() -> Bundle {
    let outputs = vec![port("r", Element::F32, &[0]), port("l", Element::F32, &[0])];
    let mut bundle = tensors("infinite", vec![port("x", Element::F32, &[0])], outputs);
    bundle.model.weights = None;
    bundle
}

/// The tiny network `slow`.
pub(crate) fn slow() -> Bundle {
    let times = port("times", Element::I64, &[1]);
    tensors("slow", vec![times], vec![port("y", Element::F32, &[1])])
}

/// The tiny network `types`, for our own engine.
pub(crate) fn types() -> Bundle {
    let elements = [
        ("f", Element::F32),
        ("d", Element::F64),
        ("i", Element::I32),
        ("l", Element::I64),
        ("b", Element::Bool),
        ("s", Element::String),
    ];
    let inputs = elements.map(|(name, element)| port(name, element, &[0, 2]));
    let outputs = elements.map(|(name, element)| port(&format!("{name}2"), element, &[0, 2]));
    let mut bundle = tensors("types", inputs.into(), outputs.into());
    bundle.model.engine = EngineKind::Classical;
    bundle.model.path = "model.flat".into();
    bundle.model.weights = None;
    bundle
}

/// Writes a bundle of our own engine with the program of its network.
pub(crate) fn write_classical(bundle: &Bundle) -> TempDir {
    let file = std::fs::read(super::tiny(&bundle.name).join("model.onnx")).unwrap();
    let model = mlship_inspect::onnx::parse(&file).unwrap();
    let program = mlship_compile::classical(&model, &file).unwrap();
    let parts = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(parts.path().join("model.flat"), program).unwrap();
    write_with(bundle, parts.path())
}

/// The tiny network `tokens`, which is asked with text.
pub(crate) fn text() -> Bundle {
    let inputs = ["ids", "mask", "types"].map(|name| port(name, Element::I64, &[0, 0])).into();
    let outputs =
        vec![port("states", Element::F32, &[0, 0, 2]), port("sum", Element::F32, &[0, 2])];
    let mut bundle = tensors("tokens", inputs, outputs);
    bundle.input = Input::Text(Text {
        field: "text".into(),
        tokenizer: "tokenizer.bin".into(),
        form: TokenizerForm::Compiled,
        max_tokens: 6,
        padded_to: None,
        ids: "ids".into(),
        mask: Some("mask".into()),
        types: Some("types".into()),
    });
    bundle
}

/// Writes a bundle that is asked with text, with a tokenizer of a few words.
pub(crate) fn write_text(bundle: &Bundle) -> TempDir {
    // The model has a state for all of them but the last.
    const WORDS: &[u8] = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\n!\n";
    let folder = write(bundle);
    let table = tokenizer(WORDS, TokenizerFile::VocabTxt(Case::Lowered)).unwrap().table;
    std::fs::write(folder.path().join("tokenizer.bin"), table).unwrap();
    folder
}

/// Writes a bundle with the files of its model.
pub(crate) fn write(bundle: &Bundle) -> TempDir {
    write_with(bundle, &super::tiny(&bundle.name))
}

/// Writes a bundle with the files in `model`.
pub(crate) fn write_with(bundle: &Bundle, model: &Path) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for file in std::fs::read_dir(model).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let text = serde_json::to_vec_pretty(bundle).unwrap();
    std::fs::write(folder.path().join(FILE), text).unwrap();
    folder
}
