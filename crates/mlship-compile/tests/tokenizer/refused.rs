//! Files that are not compiled, and files that are wrong: told apart, in bounded memory.

use mlship_compile::{Case, LONGEST_FILE, TokenizerError, TokenizerFile, tokenizer};
use serde_json::{Value, json};

use crate::files::{FIRST, added, bert, file};

fn small() -> Value {
    let words: Vec<String> = FIRST.iter().map(|word| (*word).to_owned()).collect();
    file(bert(true, None), &words)
}

fn error(text: impl AsRef<[u8]>) -> TokenizerError {
    tokenizer(text.as_ref(), TokenizerFile::Json).unwrap_err()
}

#[test]
fn other_kinds_are_named_with_what_they_say_of_themselves() {
    let change = |path: &str, value: Value| {
        let mut file = small();
        *file.pointer_mut(path).unwrap() = value;
        file.to_string()
    };
    let cases = [
        (change("/model/type", json!("BPE")), "its model is of kind `BPE`"),
        (change("/pre_tokenizer", Value::Null), "it has no pre-tokenizer"),
        (
            change("/pre_tokenizer/type", json!("Whitespace")),
            "its pre-tokenizer is of kind `Whitespace`",
        ),
        (change("/normalizer", json!({"type": "NFC"})), "its normalizer is of kind `NFC`"),
        (
            change(
                "/normalizer",
                json!({"type": "Sequence",
                "normalizers": [{"type": "NFD"}, {"type": "NFKD"}]}),
            ),
            "text is decomposed twice",
        ),
        (
            change("/post_processor/type", json!("Sequence")),
            "its post-processor is of kind `Sequence`",
        ),
        (
            change("/post_processor/single", json!([])),
            "its post-processor does not take one text once",
        ),
        (
            change("/added_tokens/4/normalized", json!(true)),
            "`[MASK]` is looked for in changed text",
        ),
        (
            change("/added_tokens/4/single_word", json!(true)),
            "`[MASK]` is looked for as a single word",
        ),
        (change("/added_tokens/4/content", json!("[CLS]")), "`[CLS]` is added twice"),
        (
            change(
                "/truncation",
                json!({"direction": "Left", "max_length": 7,
                "strategy": "LongestFirst", "stride": 0}),
            ),
            "texts are not cut at their end",
        ),
    ];
    for (text, expected) in cases {
        match error(text) {
            TokenizerError::NotCompiled { reason, traits } => {
                assert_eq!(reason, expected);
                assert_eq!((traits.vocabulary_size, traits.largest_id), (5, 4), "{reason}");
            }
            error => panic!("{expected}: {error}"),
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let change = |path: &str, value: Value| {
        let mut file = small();
        *file.pointer_mut(path).unwrap() = value;
        file.to_string()
    };
    let cases = [
        ("{}".to_owned(), "missing field `model`"),
        ("[1".to_owned(), "tokenizer.json"),
        ("\u{0}".repeat(100), "expected value"),
        (
            change("/model/vocab", json!({"a": 1, "b": 4_294_967_296_u64})),
            "the id 4294967296 of `b` is beyond 32 bits",
        ),
        (change("/model/vocab", json!({"a": -1})), "invalid value: integer `-1`"),
        (change("/model/vocab", json!({"a": 1})), "the vocabulary lacks `[UNK]`"),
        (
            change("/model/max_input_chars_per_word", Value::Null),
            "the model has no `max_input_chars_per_word`",
        ),
        (change("/version", json!("7")), "of version `7`"),
        (
            change("/normalizer", json!({"type": "BertNormalizer"})),
            "the normalizer's `lowercase` is not given",
        ),
        (change("/post_processor/special_tokens", json!({})), "the post-processor lacks `[CLS]`"),
        (change("/padding", json!(7)), "padding"),
    ];
    for (text, expected) in cases {
        let error = error(text);
        assert!(matches!(error, TokenizerError::Invalid(_)), "{expected}: {error}");
        assert!(
            error.to_string().contains(expected) || expected == "padding",
            "{expected}: {error}"
        );
    }
    let lines = |text: &[u8]| {
        tokenizer(text, TokenizerFile::VocabTxt(Case::Lowered)).unwrap_err().to_string()
    };
    assert_eq!(lines(b"a\nb\n"), "the tokenizer is not valid: `vocab.txt` has no line `[UNK]`");
    assert_eq!(lines(b"\xff"), "the tokenizer is not valid: `vocab.txt` is not UTF-8");
}

#[test]
fn what_is_too_large_is_not_taken_apart() {
    let long = vec![b' '; LONGEST_FILE + 1];
    assert!(error(&long).to_string().ends_with("it is longer than 64 MiB"));
    let mut many = String::from(r#"{"model": {"type": "WordPiece", "vocab": {"#);
    for word in 0..2_100_000_u32 {
        many += "\"";
        many += &word.to_string();
        many += "\":0,";
    }
    many += "\"x\":0}}}";
    assert!(error(&many).to_string().contains("more than 2097152 words"));
    let deep = |depth: usize| {
        let mut file = small();
        file["normalizer"] = json!("deep");
        let nested = format!("{}0{}", "[".repeat(depth), "]".repeat(depth));
        file.to_string().replace("\"deep\"", &nested)
    };
    assert!(error(deep(1_000)).to_string().contains("recursion limit exceeded"));
    let TokenizerError::NotCompiled { reason, .. } = error(deep(500_000)) else { panic!() };
    assert_eq!(reason, "its normalizer is longer than 256 KiB");
    let mut file = small();
    file["added_tokens"] = (0..300).map(|id| added(id, &format!("<{id}>"))).collect();
    let TokenizerError::NotCompiled { reason, .. } = error(file.to_string()) else { panic!() };
    assert_eq!(reason, "it has more than 256 added tokens");
    let mut file = small();
    file["model"]["vocab"]["x".repeat(2000)] = json!(5);
    let TokenizerError::NotCompiled { reason, .. } = error(file.to_string()) else { panic!() };
    assert_eq!(reason, "a word is longer than 1024 bytes");
}
