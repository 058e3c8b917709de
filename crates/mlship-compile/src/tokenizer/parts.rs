//! The parts of `tokenizer.json` to a plan, or what of them is not compiled.

use serde_json::value::RawValue;

use super::file::{AddedToken, Direction, File, Length, Model, Strategy, cut};
use super::plan::{Added, Padding, Plan, Side};
use super::{TokenizerError, Traits};

mod around;
mod steps;

/// The longest a part other than the words may be, in bytes of JSON.
const LONGEST_PART: usize = 256 << 10;

/// The most tokens that are cut out of a text.
const MOST_ADDED: usize = 256;

/// Why a part stops the plan.
pub(super) enum Stop {
    /// It is not compiled.
    Lacking(String),
    /// It contradicts itself.
    Invalid(String),
}

pub(super) type Outcome<T> = Result<T, Stop>;

/// Makes the plan.
pub(super) fn plan(file: File<'_>) -> Result<Plan, TokenizerError> {
    let traits = traits(&file);
    whole(file).map_err(|stop| match stop {
        Stop::Lacking(reason) => TokenizerError::NotCompiled { reason, traits },
        Stop::Invalid(problem) => TokenizerError::Invalid(problem),
    })
}

fn whole(file: File<'_>) -> Outcome<Plan> {
    let (prefix, longest_word, unknown) = model(&file.model)?;
    pre_tokenizer(file.pre_tokenizer)?;
    let steps = steps::steps(part(file.normalizer, "normalizer")?.as_ref())?;
    let around = around::around(part(file.post_processor, "post-processor")?.as_ref())?;
    if let Some(truncation) = &file.truncation {
        let is_plain =
            truncation.direction == Direction::Right && truncation.strategy != Strategy::OnlySecond;
        if !is_plain {
            return lacking("texts are not cut at their end");
        }
    }
    let added = added(&file.added_tokens, &file.model)?;
    let padding = padding(&file, &added)?;
    let max_tokens = file.truncation.map(|truncation| truncation.max_length);
    let words = file.model.vocab.ids;
    Ok(Plan { words, unknown, prefix, longest_word, steps, added, around, padding, max_tokens })
}

fn model(model: &Model) -> Outcome<(String, u32, u32)> {
    match model.kind.as_deref() {
        Some("WordPiece") => {}
        Some(kind) => return lacking(format!("its model is of kind `{}`", cut(kind))),
        None => return lacking("its model does not say of what kind it is"),
    }
    let missing = |field| Stop::Invalid(format!("the model has no `{field}`"));
    let prefix = model.continuing_subword_prefix.clone();
    let prefix = prefix.ok_or_else(|| missing("continuing_subword_prefix"))?;
    let longest = model.max_input_chars_per_word;
    let longest = longest.ok_or_else(|| missing("max_input_chars_per_word"))?;
    let unknown = model.unk_token.as_ref().ok_or_else(|| missing("unk_token"))?;
    let Some(id) = model.vocab.ids.get(unknown) else {
        return Err(Stop::Invalid(format!("the vocabulary lacks `{}`", cut(unknown))));
    };
    Ok((prefix, u32::try_from(longest).unwrap_or(u32::MAX), *id))
}

fn pre_tokenizer(part: Option<&RawValue>) -> Outcome<()> {
    let part = self::part(part, "pre-tokenizer")?;
    match part.as_ref().and_then(|part| part["type"].as_str()) {
        Some("BertPreTokenizer") => Ok(()),
        Some(kind) => lacking(format!("its pre-tokenizer is of kind `{}`", cut(kind))),
        None => lacking("it has no pre-tokenizer"),
    }
}

/// The added tokens, with the ids that the `tokenizers` crate gives them: a word's own, else the
/// next after all words, whatever the file says.
fn added(tokens: &[AddedToken], model: &Model) -> Outcome<Vec<Added>> {
    if tokens.len() > MOST_ADDED {
        return lacking(format!("it has more than {MOST_ADDED} added tokens"));
    }
    let mut next = model.vocab.ids.len() as u32;
    let mut added: Vec<Added> = Vec::with_capacity(tokens.len());
    for token in tokens.iter().filter(|token| !token.content.is_empty()) {
        if token.normalized || token.single_word {
            let how = if token.normalized { "in changed text" } else { "as a single word" };
            return lacking(format!("`{}` is looked for {how}", cut(&token.content)));
        }
        let id = model.vocab.ids.get(&token.content).copied().unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        if added.iter().any(|other| other.id == id || other.text == token.content) {
            return lacking(format!("`{}` is added twice", cut(&token.content)));
        }
        added.push(Added {
            text: token.content.clone(),
            id,
            strips_left: token.lstrip,
            strips_right: token.rstrip,
        });
    }
    Ok(added)
}

fn padding(file: &File<'_>, added: &[Added]) -> Outcome<Padding> {
    let Some(padding) = &file.padding else {
        let names = ["[PAD]", "<pad>"];
        let of = |name: &str| {
            let added = added.iter().find(|added| added.text == name).map(|added| added.id);
            added.or_else(|| file.model.vocab.ids.get(name).copied())
        };
        let id = names.into_iter().find_map(of).unwrap_or(0);
        return Ok(Padding { id, ..Padding::default() });
    };
    let multiple = u32::try_from(padding.pad_to_multiple_of.unwrap_or(0));
    let multiple = multiple.map_err(|_| Stop::Invalid("`pad_to_multiple_of` is too large".into()));
    Ok(Padding {
        id: padding.pad_id,
        type_id: padding.pad_type_id,
        multiple: multiple?,
        side: if padding.direction == Direction::Left { Side::Before } else { Side::Behind },
        fixed: fixed(padding.strategy),
    })
}

fn fixed(length: Length) -> Option<usize> {
    match length {
        Length::BatchLongest => None,
        Length::Fixed(length) => Some(length),
    }
}

/// What the file says of itself, compiled or not.
fn traits(file: &File<'_>) -> Traits {
    let words = &file.model.vocab;
    let new = file.added_tokens.iter().filter(|token| !words.ids.contains_key(&token.content));
    let added = file.added_tokens.iter().map(|token| token.id).max().unwrap_or(0);
    Traits {
        max_tokens: file.truncation.as_ref().map(|truncation| truncation.max_length),
        padded_to: file.padding.as_ref().and_then(|padding| fixed(padding.strategy)),
        vocabulary_size: words.count + new.count(),
        largest_id: words.largest.max(added),
        special_tokens: 0,
    }
}

/// A part as a tree of JSON; `None` when it is absent.
fn part(part: Option<&RawValue>, name: &str) -> Outcome<Option<serde_json::Value>> {
    let Some(part) = part else { return Ok(None) };
    if part.get().len() > LONGEST_PART {
        return lacking(format!("its {name} is longer than {} KiB", LONGEST_PART >> 10));
    }
    let read = serde_json::from_str(part.get());
    read.map(Some).map_err(|error| Stop::Invalid(format!("the {name}: {error}")))
}

fn lacking<T>(reason: impl Into<String>) -> Outcome<T> {
    Err(Stop::Lacking(reason.into()))
}
