//! Texts, right and wrong.

use mlship_bundle::{
    Bounds, EngineKind, FORMAT, Input, Model, Output, Port, Serving, TokenizerForm,
};
use mlship_compile::{Case, TokenizerFile, tokenizer};

use super::*;
use crate::request::{Answers, Run};
use crate::tensor::Values;

const WORDS: &[u8] = b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##c\n!\n";

/// A bundle whose model takes ids, mask and types of `batch` texts at a time, and its folder.
fn bundle(batch: Option<usize>) -> (tempfile::TempDir, Bundle) {
    let folder = tempfile::tempdir().unwrap();
    static TABLE: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
        tokenizer(WORDS, TokenizerFile::VocabTxt(Case::Lowered)).unwrap().table
    });
    std::fs::write(folder.path().join("words"), &*TABLE).unwrap();
    let port = |(name, element): (&str, Element)| Port {
        name: name.into(),
        element,
        shape: vec![batch, None],
    };
    let inputs = [("types", Element::I64), ("ids", Element::I64), ("mask", Element::I32)];
    let text = Text {
        field: "text".into(),
        tokenizer: "words".into(),
        form: TokenizerForm::Compiled,
        max_tokens: 6,
        padded_to: None,
        ids: "ids".into(),
        mask: Some("mask".into()),
        types: Some("types".into()),
    };
    let bundle = Bundle {
        format: FORMAT,
        name: "x".into(),
        model: Model {
            engine: EngineKind::Neural,
            path: "model".into(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: String::new(),
            inputs: inputs.map(port).into(),
            outputs: Vec::new(),
        },
        input: Input::Text(text),
        output: Output::Tensor,
        samples: Vec::new(),
        bounds: Bounds { rows: 100, ..Bounds::default() },
        serving: Serving::default(),
        formats: Vec::new(),
        worker: None,
    };
    (folder, bundle)
}

/// What a test has different.
type Change = fn(&mut Text, &mut Bundle);

fn texts(change: impl FnOnce(&mut Text, &mut Bundle)) -> Result<Texts, LoadError> {
    let (folder, mut bundle) = bundle(None);
    let Input::Text(mut text) = bundle.input.clone() else { panic!() };
    change(&mut text, &mut bundle);
    Texts::new(folder.path(), &text, &bundle)
}

fn plain() -> Texts {
    texts(|_, _| {}).unwrap()
}

fn ids(run: &Run) -> (Vec<usize>, Vec<i64>) {
    let Values::I64(ids) = &run.inputs[1].values else { panic!() };
    (run.inputs[1].shape.to_vec(), ids.to_vec())
}

#[test]
fn a_batch_is_padded_to_its_longest() {
    let request = plain()
        .read(br#"[{"text": "a"}, "AC b!", {"text": "\u00e1 [MASK] z b b b b"}]"#, Said::NOTHING);
    let request = request.unwrap();
    assert_eq!((request.form, request.runs.len()), (Form::List, 1));
    let run = &request.runs[0];
    assert_eq!(run.answers, Answers::Examples(3));
    let expected = vec![2, 5, 3, 0, 0, 0, 2, 5, 7, 6, 8, 3, 2, 5, 4, 1, 6, 3];
    assert_eq!(ids(run), (vec![3, 6], expected));
    let mask = [[1, 1, 1, 0, 0, 0], [1; 6], [1; 6]].concat();
    assert_eq!(run.inputs[2].values, Values::I32(mask.into()));
    assert_eq!(run.inputs[0].values, Values::I64(vec![0; 18].into()));
}

#[test]
fn one_text_stands_alone_in_three_forms() {
    let texts = plain();
    let expected = texts.read(b"\"a b\"", Said::NOTHING).unwrap();
    assert_eq!(expected.form, Form::Single);
    assert_eq!(ids(&expected.runs[0]), (vec![1, 4], vec![2, 5, 6, 3]));
    assert_eq!(texts.read(br#"{"text": "a\u0020b"}"#, Said::NOTHING).unwrap(), expected);
    let list = texts.read(br#"["a b"]"#, Said::NOTHING).unwrap();
    assert_eq!((list.form, &list.runs), (Form::List, &expected.runs));
    assert_eq!(ids(&texts.read(b"\"\"", Said::NOTHING).unwrap().runs[0]), (vec![1, 2], vec![2, 3]));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let texts = plain();
    let cases: &[(&str, Kind, Option<&str>, &str)] = &[
        (
            r#"{"txt": "a"}"#,
            Kind::Unknown,
            Some("/txt"),
            "the request has no field `txt`; its text is `text`",
        ),
        ("{}", Kind::Missing, Some("/text"), "field `text` is missing; it is text"),
        (r#"["a", {}]"#, Kind::Missing, Some("/1/text"), "field `text` is missing; it is text"),
        (r#"{"text": null}"#, Kind::NullValue, Some("/text"), "expected text, found null"),
        (r#"[{"text": 7}]"#, Kind::WrongType, Some("/0/text"), "expected text, found the number 7"),
        (r#"{"text": ["a"]}"#, Kind::WrongType, Some("/text"), "expected text, found a list"),
        (r#"{"text": {}}"#, Kind::WrongType, Some("/text"), "expected text, found an object"),
        (
            r#"{"text": "a", "text": "b"}"#,
            Kind::Duplicate,
            Some("/text"),
            "the text is given twice",
        ),
        ("[]", Kind::EmptyList, None, "expected at least one text"),
        ("", Kind::NotJson, None, "the body is empty"),
        (r#"["a"] x"#, Kind::NotJson, None, "trailing characters at line 1 column 7"),
        (
            r#"["a", 7]"#,
            Kind::NotAnObject,
            Some("/1"),
            "invalid type: integer `7`, expected text, or an object with text at line 1 colum…",
        ),
    ];
    for (body, kind, field, detail) in cases {
        let problem = texts.read(body.as_bytes(), Said::NOTHING).unwrap_err();
        let found = (problem.kind, problem.field.as_deref(), problem.detail.as_str());
        assert_eq!(found, (*kind, *field, *detail), "{body}");
    }
    let many = format!("[{}\"a\"]", "\"a\",".repeat(100));
    let problem = texts.read(many.as_bytes(), Said::NOTHING).unwrap_err();
    assert_eq!((problem.kind, problem.field.as_deref()), (Kind::TooManyRows, Some("/100")));
}

#[test]
fn tokens_are_bounded_over_all_texts() {
    let endless = texts(|text, _| text.max_tokens = usize::MAX).unwrap();
    let half = format!("\"{}\"", "a ".repeat(600_000));
    assert_eq!(endless.read(half.as_bytes(), Said::NOTHING).unwrap().examples(), 1);
    let problem = endless.read(format!("[{half},{half}]").as_bytes(), Said::NOTHING).unwrap_err();
    assert_eq!((problem.kind, problem.field.as_deref()), (Kind::TooManyRows, Some("/1")));
    // Few tokens, but each text is padded to many.
    let wide = texts(|text, _| (text.max_tokens, text.padded_to) = (9, Some(1 << 20))).unwrap();
    let problem = wide.read(br#"["a", "a", "a", "a", "a"]"#, Said::NOTHING).unwrap_err();
    assert_eq!(problem.kind, Kind::TooManyRows);
}

#[test]
fn large_batches_are_several_runs_in_order() {
    let list = format!("[{}]", ["\"a b a b\"", "\"b\""].repeat(50).join(","));
    let long = texts(|text, _| text.padded_to = Some(64)).unwrap();
    let runs = long.read(list.as_bytes(), Said::NOTHING).unwrap().runs;
    let counts: Vec<_> = runs.iter().map(|run| run.inputs[0].shape[0]).collect();
    assert_eq!(counts, [64, 36]);
    let one =
        texts(|_, bundle| bundle.model.inputs.iter_mut().for_each(|port| port.shape[0] = Some(1)));
    assert_eq!(one.unwrap().read(list.as_bytes(), Said::NOTHING).unwrap().runs.len(), 100);
    let two =
        texts(|_, bundle| bundle.model.inputs.iter_mut().for_each(|port| port.shape[0] = Some(2)));
    let problem = two.unwrap().read(list.as_bytes(), Said::NOTHING).unwrap_err();
    assert_eq!(problem.detail, "the model takes 2 texts at a time, found 100");
    // Without a mask the model would read padding as text.
    let bare = texts(|text, bundle| {
        text.mask = None;
        bundle.model.inputs.pop();
    });
    let runs = bare
        .unwrap()
        .read(br#"["a", "b", "a b", "a b!", "b a!", ""]"#, Said::NOTHING)
        .unwrap()
        .runs;
    let shapes: Vec<_> = runs.iter().map(|run| run.inputs[1].shape.to_vec()).collect();
    assert_eq!(shapes, [[2, 3], [1, 4], [2, 5], [1, 2]]);
}

#[test]
fn a_bundle_that_does_not_fit_is_refused() {
    let message = |change: Change| texts(change).err().map(|e| e.to_string());
    let cases: &[(Change, &str)] = &[
        (
            |text, _| text.ids = "x".into(),
            "the bundle contradicts itself: the model has no input `x`",
        ),
        (|text, _| text.types = None, "the bundle contradicts itself: input `types` takes no text"),
        (
            |_, bundle| bundle.model.inputs[0].element = Element::F32,
            "the bundle contradicts itself: input `types` takes no text",
        ),
        (
            |text, bundle| {
                bundle.model.inputs[0].shape[1] = Some(9);
                text.padded_to = Some(8);
            },
            "the bundle contradicts itself: the model takes 9 tokens, and texts are not padded to it",
        ),
        (
            |text, _| text.padded_to = Some(5),
            "the bundle contradicts itself: texts are padded to fewer tokens than they are cut to",
        ),
        (
            |text, _| text.max_tokens = 1,
            "the tokenizer cannot be loaded: it puts 2 tokens around a text, where at most 1 are wanted",
        ),
        (
            |text, _| text.tokenizer = "../words".into(),
            "`../words` is not a path inside the bundle",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(message(*change).as_deref(), Some(*expected));
    }
    assert!(message(|text, _| text.tokenizer = "none".into()).unwrap().starts_with("cannot read"));
}

#[test]
fn lines_and_cells_are_texts_as_json_has_them() {
    let texts = plain();
    let read = |media_type, body: &[u8]| {
        let said = Said { media_type: Some(media_type), wrap: crate::request::Wrap::Plain };
        texts.read(body, said)
    };
    let list = texts.read(br#"["a b", "b, \"a\"\n", ""]"#, Said::NOTHING).unwrap();
    for (media_type, body) in [
        ("text/csv", "text\r\na b\r\n\"b, \"\"a\"\"\n\"\r\n\"\"\r\n"),
        ("text/csv; header=absent", "a b\n\"b, \"\"a\"\"\n\"\n\"\""),
        ("application/jsonl", "\"a b\"\n{\"text\": \"b, \\\"a\\\"\\n\"}\n\"\""),
    ] {
        let found = read(media_type, body.as_bytes()).unwrap();
        assert_eq!(found.runs, list.runs, "{media_type}");
    }
    let alone = read("text/plain; charset=utf-8", b"a b").unwrap();
    assert_eq!(alone, texts.read(b"\"a b\"", Said::NOTHING).unwrap());
    let refused = |media_type, body| {
        let problem = read(media_type, body).unwrap_err();
        (problem.kind, problem.field)
    };
    assert_eq!(refused("text/csv", b"text\na, b\n"), (Kind::Ragged, Some("/0".into())));
    assert_eq!(refused("text/csv", b"txt\na\n"), (Kind::Unknown, None));
    assert_eq!(refused("text/csv", b"text\n"), (Kind::EmptyList, None));
    let wrong = refused("application/jsonl", b"\"a\"\n3\n");
    assert_eq!(wrong, (Kind::NotAnObject, Some("/1".into())));
    assert_eq!(refused("application/x-npy", b"").0, Kind::UnsupportedMediaType);
    assert_eq!(refused("text/plain", b"\xff").0, Kind::Malformed);
}
