//! What is not compiled is read by the `tokenizers` crate, cut and padded as the file says.

use mlship_bundle::TokenizerForm;
use mlship_compile::{TokenizerFile, tokenizer};
use mlship_runtime::text::{Padding, Side, Tokenizer, Tokens, Unread};
use serde_json::json;

use crate::corpus::lines;
use crate::files::{bert, file, words};

#[test]
fn a_kind_that_is_not_compiled_is_read_as_it_is() {
    let mut file = file(json!({"type": "NFC"}), &words(&bert(false, None), "##"));
    file["truncation"] = json!({"direction": "Left", "max_length": 900,
        "strategy": "LongestFirst", "stride": 0});
    file["padding"] = json!({"strategy": {"Fixed": 64}, "direction": "Left",
        "pad_to_multiple_of": 8, "pad_id": 9, "pad_type_id": 1, "pad_token": "x"});
    let text = file.to_string();
    assert!(tokenizer(text.as_bytes(), TokenizerFile::Json).is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, &text).unwrap();

    let mut theirs = tokenizers::Tokenizer::from_bytes(&text).unwrap();
    theirs.with_padding(None).with_truncation(None).unwrap();
    let ours = Tokenizer::load(&path, TokenizerForm::Json, 20).unwrap();
    let expected = Padding { id: 9, type_id: 1, multiple: 8, side: Side::Before };
    assert_eq!(ours.padding(), expected);
    for line in lines(80, 20_000) {
        let whole = theirs.encode(line.as_str(), false).unwrap();
        let kept = whole.len().saturating_sub(18);
        let expected = [&[2], &whole.get_ids()[kept..], &[3]].concat();
        let mut tokens = Tokens::default();
        ours.encode(&line, &mut tokens).unwrap();
        assert_eq!(tokens.ids, expected, "{line:?}");
        assert_eq!(tokens.types, vec![0; expected.len()]);
    }
    let long = "a".repeat((1 << 20) + 1);
    assert_eq!(ours.encode(&long, &mut Tokens::default()), Err(Unread::TooLong(1 << 20)));
    let error = Tokenizer::load(&path, TokenizerForm::Json, 1).err().unwrap().to_string();
    assert!(
        error.ends_with("it puts 2 tokens around a text, where at most 1 are wanted"),
        "{error}"
    );
}
