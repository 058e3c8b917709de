//! `tokenizer.json`, by the `tokenizers` crate. The only file that names it.

use std::path::Path;

use tokenizers::utils::padding::PaddingDirection;
use tokenizers::{PostProcessor, TruncationParams, TruncationStrategy};

use super::{Padding, Side, Tokens, Unread};
use crate::engine::EngineError;

/// The longest text, in bytes: the crate keeps some hundred bytes for each.
const LONGEST: usize = 1 << 20;

/// A `tokenizer.json`.
pub struct Json {
    tokenizer: tokenizers::Tokenizer,
    padding: Padding,
}

impl Json {
    /// Reads it, for texts of at most `max_tokens` tokens, special ones included.
    pub(super) fn open(path: &Path, max_tokens: usize) -> Result<Self, EngineError> {
        let mut tokenizer = tokenizers::Tokenizer::from_file(path)
            .map_err(|error| EngineError(error.to_string()))?;
        let special = tokenizer.get_post_processor().map_or(0, |around| around.added_tokens(false));
        if special > max_tokens {
            return Err(EngineError(format!(
                "it puts {special} tokens around a text, where at most {max_tokens} are wanted"
            )));
        }
        let direction = tokenizer.get_truncation().map(|old| old.direction).unwrap_or_default();
        let truncation = TruncationParams {
            direction,
            max_length: max_tokens,
            strategy: TruncationStrategy::LongestFirst,
            stride: 0,
        };
        let set = tokenizer.with_truncation(Some(truncation)).map(|_| ());
        set.map_err(|error| EngineError(error.to_string()))?;
        let padding = padding(&tokenizer);
        // Texts are padded with the others of their run.
        tokenizer.with_padding(None);
        Ok(Self { tokenizer, padding })
    }

    pub(super) fn encode(&self, text: &str, onto: &mut Tokens) -> Result<(), Unread> {
        if text.len() > LONGEST {
            return Err(Unread::TooLong(LONGEST));
        }
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| EngineError(error.to_string()))?;
        onto.ids.extend_from_slice(encoding.get_ids());
        onto.types.extend_from_slice(encoding.get_type_ids());
        Ok(())
    }

    pub(super) fn padding(&self) -> Padding {
        self.padding
    }
}

fn padding(tokenizer: &tokenizers::Tokenizer) -> Padding {
    let Some(padding) = tokenizer.get_padding() else {
        let id = ["[PAD]", "<pad>"].iter().find_map(|name| tokenizer.token_to_id(name));
        return Padding { id: id.unwrap_or(0), type_id: 0, multiple: 1, side: Side::Behind };
    };
    Padding {
        id: padding.pad_id,
        type_id: padding.pad_type_id,
        multiple: padding.pad_to_multiple_of.unwrap_or(1).max(1),
        side: match padding.direction {
            PaddingDirection::Left => Side::Before,
            PaddingDirection::Right => Side::Behind,
        },
    }
}
