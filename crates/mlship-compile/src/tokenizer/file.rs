//! `tokenizer.json` as it is written. Memory is bounded by the file: what is not words is kept
//! as text until it is looked at.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{TokenizerError, invalid};

/// The most words.
const MOST_WORDS: usize = 2 << 20;

/// The file.
#[derive(Debug, Deserialize)]
pub(super) struct File<'f> {
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) truncation: Option<Truncation>,
    #[serde(default)]
    pub(super) padding: Option<Padding>,
    #[serde(default)]
    pub(super) added_tokens: Vec<AddedToken>,
    #[serde(default, borrow)]
    pub(super) normalizer: Option<&'f RawValue>,
    #[serde(default, borrow)]
    pub(super) pre_tokenizer: Option<&'f RawValue>,
    #[serde(default, borrow)]
    pub(super) post_processor: Option<&'f RawValue>,
    pub(super) model: Model,
}

/// How texts are cut.
#[derive(Debug, Deserialize)]
pub(super) struct Truncation {
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) max_length: usize,
    pub(super) strategy: Strategy,
}

/// An end of the text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Direction {
    Left,
    #[default]
    Right,
}

/// What is cut of a pair of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Strategy {
    LongestFirst,
    OnlyFirst,
    OnlySecond,
}

/// How texts are padded.
#[derive(Debug, Deserialize)]
pub(super) struct Padding {
    pub(super) strategy: Length,
    pub(super) direction: Direction,
    #[serde(default)]
    pub(super) pad_to_multiple_of: Option<usize>,
    pub(super) pad_id: u32,
    pub(super) pad_type_id: u32,
}

/// To what length.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) enum Length {
    BatchLongest,
    Fixed(usize),
}

/// A token beside the model's words.
#[derive(Debug, Deserialize)]
pub(super) struct AddedToken {
    pub(super) id: u32,
    pub(super) content: String,
    pub(super) single_word: bool,
    pub(super) lstrip: bool,
    pub(super) rstrip: bool,
    pub(super) normalized: bool,
}

/// The words and how a word is made of them.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(default, rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) unk_token: Option<String>,
    #[serde(default)]
    pub(super) continuing_subword_prefix: Option<String>,
    #[serde(default)]
    pub(super) max_input_chars_per_word: Option<u64>,
    #[serde(default)]
    pub(super) vocab: Words,
}

/// The words, by id when the file gives ids.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) ids: HashMap<String, u32>,
    /// How many.
    pub(super) count: usize,
    /// The largest id.
    pub(super) largest: u32,
}

/// Reads the file.
pub(super) fn read(bytes: &[u8]) -> Result<File<'_>, TokenizerError> {
    let file: File<'_> = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        Err(error) => return invalid(format!("`tokenizer.json`: {error}")),
    };
    match file.version.as_deref() {
        None | Some("1.0") => Ok(file),
        Some(other) => invalid(format!("`tokenizer.json` is of version `{}`", cut(other))),
    }
}

/// A piece of the file for a message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EachWord)
    }
}

struct EachWord;

impl<'de> Visitor<'de> for EachWord {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the vocabulary: an object of ids, or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        while let Some((word, id)) = map.next_entry::<String, u64>()? {
            let Ok(id) = u32::try_from(id) else {
                return Err(A::Error::custom(format!(
                    "the id {id} of `{}` is beyond 32 bits",
                    cut(&word)
                )));
            };
            words.largest = words.largest.max(id);
            words.ids.insert(word, id);
            bounded(words.ids.len())?;
        }
        words.count = words.ids.len();
        Ok(words)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        while list.next_element::<IgnoredAny>()?.is_some() {
            words.count += 1;
            bounded(words.count)?;
        }
        words.largest = words.count.saturating_sub(1) as u32;
        Ok(words)
    }

    fn visit_unit<E: Error>(self) -> Result<Words, E> {
        Ok(Words::default())
    }
}

fn bounded<E: Error>(count: usize) -> Result<(), E> {
    match count > MOST_WORDS {
        true => Err(E::custom(format!("the vocabulary has more than {MOST_WORDS} words"))),
        false => Ok(()),
    }
}
