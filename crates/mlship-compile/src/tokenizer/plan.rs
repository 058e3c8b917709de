//! What a tokenizer does, whatever file it came from.

use std::collections::HashMap;

use super::Traits;

/// A WordPiece tokenizer.
#[derive(Debug)]
pub(super) struct Plan {
    /// The ids of the words.
    pub(super) words: HashMap<String, u32>,
    /// The id of a word that the others cannot spell.
    pub(super) unknown: u32,
    /// What a token that continues a word starts with.
    pub(super) prefix: String,
    /// Words of more characters are unknown.
    pub(super) longest_word: u32,
    /// What is done to characters, in order.
    pub(super) steps: Vec<Step>,
    /// What is cut out of the text as it was given.
    pub(super) added: Vec<Added>,
    /// What comes around the text.
    pub(super) around: Around,
    /// How texts are padded.
    pub(super) padding: Padding,
    /// To how many tokens texts are cut.
    pub(super) max_tokens: Option<usize>,
}

/// A change of the text. All but the decompositions look at one character at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// BERT's cleaning: control characters go, white space becomes blanks.
    Clean,
    /// Blanks around Chinese characters.
    SpaceChinese,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition.
    Nfkd,
    /// Nonspacing marks go.
    StripNonspacing,
    /// Combining marks of all kinds go.
    StripCombining,
    /// Lower case.
    Lower,
}

/// A token that is cut out of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) text: String,
    pub(super) id: u32,
    /// The white space before it goes with it.
    pub(super) strips_left: bool,
    /// The white space behind it goes with it.
    pub(super) strips_right: bool,
}

/// The tokens around a text, each an id and a type id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) before: Vec<(u32, u32)>,
    pub(super) text_type: u32,
    pub(super) behind: Vec<(u32, u32)>,
}

/// How texts are padded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Padding {
    pub(super) id: u32,
    pub(super) type_id: u32,
    pub(super) multiple: u32,
    pub(super) side: Side,
    /// To what length, when it is always the same.
    pub(super) fixed: Option<usize>,
}

/// On which side of a text the padding is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    #[default]
    Behind,
}

impl Plan {
    /// What it says of itself.
    pub(super) fn traits(&self) -> Traits {
        let new = self.added.iter().filter(|added| !self.words.contains_key(&added.text));
        Traits {
            max_tokens: self.max_tokens,
            padded_to: self.padding.fixed,
            vocabulary_size: self.words.len() + new.count(),
            largest_id: self.largest(),
            special_tokens: self.around.before.len() + self.around.behind.len(),
        }
    }

    /// The largest id that a text can become.
    fn largest(&self) -> u32 {
        let around = self.around.before.iter().chain(&self.around.behind);
        let ids = self.words.values().copied();
        let ids = ids.chain(self.added.iter().map(|added| added.id));
        let ids = ids.chain(around.map(|(id, _)| *id));
        ids.max().unwrap_or(0).max(self.padding.id)
    }
}
