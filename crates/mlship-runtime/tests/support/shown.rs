//! Bundles with samples, one for each sort of input, for those who look at the service from outside.

use mlship_bundle::{
    Activation, Bundle, Channels, Classify, Column, ColumnKind, Element, Filter, Image, Input,
    Layout, MOST_PIXELS, Output, Packed, Sample, Text, TokenizerForm,
};
use mlship_compile::{Case, TokenizerFile, tokenizer};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bundles::{self, port};

/// What the tokenizer knows: what the model has a state for.
const WORDS: &[u8] = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\n";

/// A table of `age`, which may be missing, `visits` and `smoker`, that is classified.
pub(crate) fn table() -> TempDir {
    write(&table_bundle(), &[json!({"age": 40, "visits": 3, "smoker": true})])
}

pub(crate) fn table_bundle() -> Bundle {
    let column = Column::plain;
    let columns = vec![
        column("age", ColumnKind::Float, true),
        column("visits", ColumnKind::Int, false),
        column("smoker", ColumnKind::Bool, false),
    ];
    let packed = Packed { input: "x".into(), element: Element::F32, columns };
    let mut bundle =
        Bundle { input: Input::Table(vec![packed]), ..classified(bundles::linear(), "y") };
    if let Output::Classify(classify) = &mut bundle.output {
        classify.labels = vec!["healthy".into(), "heart-disease".into()];
        classify.activation = Activation::Softmax;
    }
    bundle
}

/// A text that is classified.
pub(crate) fn text() -> TempDir {
    let inputs = ["ids", "mask", "types"].map(|name| port(name, Element::I64, &[0, 0])).into();
    let outputs =
        vec![port("states", Element::F32, &[0, 0, 2]), port("sum", Element::F32, &[0, 2])];
    let text = Text {
        field: "text".into(),
        tokenizer: "tokenizer.bin".into(),
        form: TokenizerForm::Compiled,
        max_tokens: 6,
        padded_to: None,
        ids: "ids".into(),
        mask: Some("mask".into()),
        types: Some("types".into()),
    };
    let bundle = bundles::tensors("tokens", inputs, outputs);
    let bundle = Bundle { input: Input::Text(text), ..classified(bundle, "sum") };
    let folder = write(&bundle, &[json!({"text": "a b! it's <b>\"a\"</b> $HOME"})]);
    let table = tokenizer(WORDS, TokenizerFile::VocabTxt(Case::Lowered)).unwrap().table;
    std::fs::write(folder.path().join("tokenizer.bin"), table).unwrap();
    folder
}

/// A tensor in, a tensor out.
pub(crate) fn tensor() -> TempDir {
    write(&bundles::linear(), &[json!({"x": [[40, 3, 1], [1, 2, 3]]})])
}

/// A picture that is classified by its colours.
pub(crate) fn picture() -> TempDir {
    let pixels = port("pixels", Element::F32, &[0, 3, 0, 0]);
    let outputs = vec![port("y", Element::F32, &[0, 3])];
    let image = Image {
        field: "photo".into(),
        input: "pixels".into(),
        layout: Layout::Nchw,
        channels: Channels::Rgb,
        resize: None,
        filter: Filter::Bilinear,
        crop: None,
        scale: 255.0,
        mean: Vec::new(),
        std: Vec::new(),
        urls: Vec::new(),
        most_pixels: MOST_PIXELS,
    };
    let bundle = bundles::tensors("colours", vec![pixels], outputs);
    let mut bundle = Bundle { input: Input::Image(image), ..classified(bundle, "y") };
    bundle.model.weights = None;
    if let Output::Classify(classify) = &mut bundle.output {
        classify.classes = ["0", "1", "2"].map(str::to_owned).into();
        classify.labels = ["red", "green", "blue"].map(str::to_owned).into();
        classify.activation = Activation::Softmax;
    }
    write(&bundle, &[])
}

/// A bundle with the samples beside it.
pub(crate) fn write(bundle: &Bundle, samples: &[Value]) -> TempDir {
    let mut bundle = bundle.clone();
    let path = |index: usize| format!("sample-{index}.json");
    let sample = |index: usize| Sample { request: path(index), expect: None };
    bundle.samples = (0..samples.len()).map(sample).collect();
    let folder = bundles::write(&bundle);
    for (index, sample) in samples.iter().enumerate() {
        std::fs::write(folder.path().join(path(index)), sample.to_string()).unwrap();
    }
    folder
}

fn classified(bundle: Bundle, output: &str) -> Bundle {
    let classify = Classify {
        field: "label".into(),
        label_output: None,
        score_output: Some(output.into()),
        classes: vec!["0".into(), "1".into()],
        labels: vec!["words".into(), "length".into()],
        top: None,
        activation: Activation::None,
        threshold: None,
    };
    Bundle { output: Output::Classify(classify), ..bundle }
}
