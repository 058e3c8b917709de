//! The compiled tokenizer.

use std::path::Path;

use mlship_bundle::vocabulary::{STRIPS_LEFT, STRIPS_RIGHT};

use super::characters::Words;
use super::file::{Storage, View, damaged, fail};
use super::{Padding, Side, Tokens};
use crate::engine::EngineError;

/// The most tokens that may be cut out of a text.
const MOST_ADDED: usize = 4096;

/// A compiled tokenizer.
pub struct Compiled {
    storage: Box<dyn Storage>,
    /// What is cut out of a text, the longest first.
    added: Vec<Added>,
    /// For each byte whether one of them starts with it.
    starts: [bool; 256],
    /// How many tokens a text may have without those around it.
    most: usize,
}

struct Added {
    text: String,
    id: u32,
    flags: u32,
}

impl Compiled {
    /// Maps a table into memory. The file must not change while it is loaded.
    ///
    /// # Errors
    /// What [`Compiled::load`] says, or a file that cannot be mapped.
    pub fn open(path: &Path, max_tokens: usize) -> Result<Self, EngineError> {
        let unread = |error| EngineError(format!("`{}`: {error}", path.display()));
        let file = std::fs::File::open(path).map_err(unread)?;
        #[expect(
            unsafe_code,
            reason = "a memory map is what makes large vocabularies start at once"
        )]
        // SAFETY: the file is the bundle's own and is not written while it is served; every
        // access through the map is bounds-checked and every bit pattern is a valid value.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(unread)?;
        Self::load(map, max_tokens)
    }

    /// Loads a table, for texts of at most `max_tokens` tokens, special ones included.
    ///
    /// # Errors
    /// A file that is no table, of another version, or that refers outside itself, or more
    /// special tokens than `max_tokens`.
    pub fn load(storage: impl Storage + 'static, max_tokens: usize) -> Result<Self, EngineError> {
        let view = View::new(storage.bytes())?;
        let special = view.specials.len();
        let Some(most) = max_tokens.checked_sub(special) else {
            return fail(format!(
                "it puts {special} tokens around a text, where at most {max_tokens} are wanted"
            ));
        };
        if view.header.before as usize > special || view.added.len() > MOST_ADDED {
            return Err(damaged());
        }
        let added = view.added.iter().map(|added| {
            let start = added.offset as usize;
            let bytes = view.added_bytes.get(start..start.saturating_add(added.length as usize));
            let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            let text = text.filter(|text| !text.is_empty()).ok_or_else(damaged)?;
            Ok(Added { text: text.to_owned(), id: added.id, flags: added.flags })
        });
        let added = added.collect::<Result<Vec<_>, EngineError>>()?;
        let mut starts = [false; 256];
        added.iter().for_each(|added| starts[added.text.as_bytes()[0] as usize] = true);
        Ok(Self { storage: Box::new(storage), added, starts, most })
    }

    /// Adds the tokens of one text. Stops as soon as there are as many as it may have.
    ///
    /// # Errors
    /// When the table is damaged.
    pub fn encode(&self, text: &str, onto: &mut Tokens) -> Result<(), EngineError> {
        let view = View::new(self.storage.bytes())?;
        let (before, behind) =
            view.specials.split_at_checked(view.header.before as usize).ok_or_else(damaged)?;
        onto.ids.extend(before.iter().map(|special| special.id));
        onto.types.extend(before.iter().map(|special| special.type_id));
        let enough = onto.ids.len().saturating_add(self.most);
        self.pieces(text, &mut Words::new(view, &mut onto.ids, enough))?;
        onto.ids.truncate(enough);
        onto.types.resize(onto.ids.len(), view.header.text_type);
        onto.ids.extend(behind.iter().map(|special| special.id));
        onto.types.extend(behind.iter().map(|special| special.type_id));
        Ok(())
    }

    /// How shorter texts are made as long as longer ones.
    pub fn padding(&self) -> Padding {
        let Ok(View { header, .. }) = View::new(self.storage.bytes()) else {
            return Padding { id: 0, type_id: 0, multiple: 1, side: Side::Behind };
        };
        Padding {
            id: header.pad,
            type_id: header.pad_type,
            multiple: header.pad_multiple.max(1) as usize,
            side: if header.pads_before == 0 { Side::Behind } else { Side::Before },
        }
    }

    /// Cuts out the added tokens; what is between them is text.
    fn pieces(&self, text: &str, words: &mut Words<'_, '_>) -> Result<(), EngineError> {
        // Where the next piece starts, and from where the next token is looked for: white space
        // that went with a token may still be the start of another.
        let (mut done, mut from) = (0, 0);
        while !words.is_full() {
            let Some((start, added)) = self.next(text, from) else { break };
            from = start + added.text.len();
            let mut cut = start;
            if added.flags & STRIPS_LEFT != 0 {
                let before = text.get(done..start).unwrap_or_default();
                cut = done.max(done + before.trim_end().len());
            }
            if let Some(piece) = text.get(done..cut) {
                words.piece(piece)?;
            }
            words.token(added.id);
            done = match added.flags & STRIPS_RIGHT {
                0 => from,
                _ => text.len() - text[from..].trim_start().len(),
            };
        }
        words.piece(text.get(done..).unwrap_or_default())
    }

    /// The first added token at `from` or behind it, the longest where several start.
    fn next(&self, text: &str, from: usize) -> Option<(usize, &Added)> {
        let bytes = text.as_bytes();
        (from..bytes.len()).filter(|at| self.starts[usize::from(bytes[*at])]).find_map(|at| {
            let here =
                self.added.iter().find(|added| bytes[at..].starts_with(added.text.as_bytes()));
            here.map(|added| (at, added))
        })
    }
}
