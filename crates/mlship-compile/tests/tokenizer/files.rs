//! `tokenizer.json` files, and the two tokenizers made of one.

use std::collections::BTreeSet;

use mlship_compile::{TokenizerFile, tokenizer};
use mlship_runtime::classical::Aligned;
use mlship_runtime::text::{Compiled, Tokens};
use serde_json::{Value, json};
use tokenizers::{NormalizedString, Normalizer, Tokenizer};

use crate::corpus::{Numbers, lines};

/// The words that BERT's files start with.
pub(crate) const FIRST: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// More tokens than any text here has.
pub(crate) const ENDLESS: usize = 1 << 30;

/// BERT's normalizer.
pub(crate) fn bert(lowers: bool, strips: Option<bool>) -> Value {
    json!({"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
           "strip_accents": strips, "lowercase": lowers})
}

/// A token beside the words, as BERT's files have it.
pub(crate) fn added(id: usize, content: &str) -> Value {
    json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
           "normalized": false, "special": true})
}

/// BERT's file with these words and this normalizer.
pub(crate) fn file(normalizer: Value, words: &[String]) -> Value {
    let ids: serde_json::Map<String, Value> =
        words.iter().zip(0..).map(|(word, id)| (word.clone(), json!(id))).collect();
    let tokens: Vec<Value> =
        FIRST.iter().enumerate().map(|(id, content)| added(id, content)).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": tokens,
        "normalizer": normalizer, "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": ids},
    })
}

/// Words that spell much of the seeded text as `normalizer` leaves it, and not all of it.
pub(crate) fn words(normalizer: &Value, prefix: &str) -> Vec<String> {
    let mut numbers = Numbers::new(11);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for line in lines(12, 30_000) {
        for word in normal(normalizer, &line).split_whitespace() {
            let characters: Vec<char> = word.chars().collect();
            for _ in 0..3 {
                let from = numbers.below(characters.len());
                let to = (from + 1 + numbers.below(5)).min(characters.len());
                let piece: String = characters[from..to].iter().collect();
                found.insert(if numbers.below(2) == 0 {
                    piece
                } else {
                    format!("{prefix}{piece}")
                });
            }
            for one in &characters {
                if numbers.below(20) > 0 {
                    found.insert(one.to_string());
                    found.insert(format!("{prefix}{one}"));
                }
            }
        }
    }
    let rest = found.into_iter().filter(|word| !FIRST.contains(&word.as_str()));
    FIRST.iter().map(|word| (*word).to_owned()).chain(rest).collect()
}

fn normal(normalizer: &Value, text: &str) -> String {
    let Ok(wrapper) = serde_json::from_value::<tokenizers::NormalizerWrapper>(normalizer.clone())
    else {
        return text.to_owned();
    };
    let mut normal = NormalizedString::from(text);
    wrapper.normalize(&mut normal).unwrap();
    normal.get().to_owned()
}

/// The two tokenizers of one file.
pub(crate) struct Both {
    pub(crate) theirs: Tokenizer,
    pub(crate) ours: Compiled,
}

impl Both {
    pub(crate) fn new(file: &Value) -> Self {
        let text = serde_json::to_vec(file).unwrap();
        let compiled = tokenizer(&text, TokenizerFile::Json).unwrap();
        let mut theirs = Tokenizer::from_bytes(&text).unwrap();
        theirs.with_padding(None);
        let most = compiled.traits.max_tokens.unwrap_or(ENDLESS);
        Self { theirs, ours: load(&compiled.table, most) }
    }

    /// Both give the same for a text.
    pub(crate) fn agree(&self, text: &str) -> Result<usize, String> {
        let expected = self.theirs.encode_fast(text, true).unwrap();
        let mut found = Tokens::default();
        self.ours.encode(text, &mut found).unwrap();
        if found.ids != expected.get_ids() || found.types != expected.get_type_ids() {
            let expected = (expected.get_ids(), expected.get_tokens());
            return Err(format!("{text:?}: {:?}, expected {expected:?}", found.ids));
        }
        Ok(found.ids.len())
    }
}

pub(crate) fn load(table: &[u8], most: usize) -> Compiled {
    Compiled::load(Aligned::copy_of(table), most).unwrap()
}
