//! A piece of text, character by character, to words.

use mlship_bundle::vocabulary::unit;

use super::file::{View, damaged};
use super::words::spell;
use crate::engine::EngineError;

/// The words of a text as they come, and the ids of their tokens.
pub(super) struct Words<'f, 'o> {
    view: View<'f>,
    /// The word so far.
    word: Vec<u8>,
    /// How many characters it has; more than are kept when it is too long to be known.
    characters: usize,
    /// Combining characters that are still to be put in order: class, kind and code point.
    pending: Vec<(u32, u32, char)>,
    ids: &'o mut Vec<u32>,
    /// So many ids are enough.
    enough: usize,
}

impl<'f, 'o> Words<'f, 'o> {
    /// Adds to `ids` until there are `enough`.
    pub(super) fn new(view: View<'f>, ids: &'o mut Vec<u32>, enough: usize) -> Self {
        Self { view, word: Vec::new(), characters: 0, pending: Vec::new(), ids, enough }
    }

    /// True when nothing that follows is of interest.
    pub(super) fn is_full(&self) -> bool {
        self.ids.len() >= self.enough
    }

    /// Adds a token as it is.
    pub(super) fn token(&mut self, id: u32) {
        self.ids.push(id);
    }

    /// Adds the tokens of a piece of text: no word and no order goes beyond it.
    pub(super) fn piece(&mut self, text: &str) -> Result<(), EngineError> {
        for character in text.chars() {
            if self.is_full() {
                break;
            }
            self.character(character).ok_or_else(damaged)?;
        }
        self.settle();
        self.end();
        Ok(())
    }

    fn character(&mut self, character: char) -> Option<()> {
        let entry = self.view.unit(character)?;
        if entry == unit::HANGUL {
            return self.hangul(character);
        }
        if entry & unit::LIST == 0 {
            return self.unit(entry, character);
        }
        self.view.list(entry)?.iter().try_for_each(|entry| match entry & unit::LIST {
            0 => self.unit(*entry, character),
            _ => None,
        })
    }

    fn unit(&mut self, entry: u32, character: char) -> Option<()> {
        let character = match entry & unit::CODE_POINT {
            unit::SAME => character,
            code => char::from_u32(code)?,
        };
        let kind = entry >> unit::KIND_SHIFT & 3;
        match entry >> unit::CLASS_SHIFT & 0xff {
            0 => {
                self.settle();
                self.put(kind, character);
            }
            class => self.pending.push((class, kind, character)),
        }
        Some(())
    }

    /// A syllable's two or three parts (Unicode, section 3.12).
    fn hangul(&mut self, syllable: char) -> Option<()> {
        let index = (syllable as u32).checked_sub(0xac00)?;
        self.unit(0x1100 + index / 588, syllable)?;
        self.unit(0x1161 + index % 588 / 28, syllable)?;
        match index % 28 {
            0 => Some(()),
            last => self.unit(0x11a7 + last, syllable),
        }
    }

    /// Puts the combining characters in order: by class, those of one class as they came.
    fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.sort_by_key(|(class, ..)| *class);
        for (_, kind, character) in pending.drain(..) {
            self.put(kind, character);
        }
        self.pending = pending;
    }

    fn put(&mut self, kind: u32, character: char) {
        match kind {
            unit::WORD => self.push(character),
            unit::ALONE => {
                self.end();
                self.push(character);
                self.end();
            }
            unit::SPACE => self.end(),
            _ => {}
        }
    }

    fn push(&mut self, character: char) {
        if self.characters < self.longest() {
            self.word.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.characters += 1;
    }

    fn end(&mut self) {
        if self.characters > self.longest() {
            self.ids.push(self.view.header.unknown);
        } else {
            spell(&self.view, &self.word, self.ids);
        }
        self.word.clear();
        self.characters = 0;
    }

    fn longest(&self) -> usize {
        self.view.header.longest_word as usize
    }
}
