//! Text to the ids of its tokens.
//!
//! A compiled tokenizer ([`mlship_bundle::vocabulary`]) is used where it lies in memory; any other
//! is read by the `tokenizers` crate, where this build has it. Nothing here reads a request.

mod characters;
mod compiled;
mod file;
#[cfg(feature = "tokenizers")]
mod json;
mod words;

use std::path::Path;

use mlship_bundle::TokenizerForm;

pub use compiled::Compiled;
pub use file::Storage;

use crate::bundle::LoadError;
use crate::engine::EngineError;

/// A loaded tokenizer.
pub enum Tokenizer {
    /// Our own flat table.
    Compiled(Box<Compiled>),
    /// A `tokenizer.json`.
    #[cfg(feature = "tokenizers")]
    Json(Box<json::Json>),
}

/// The tokens of texts, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Their ids.
    pub ids: Vec<u32>,
    /// Their type ids; as many.
    pub types: Vec<u32>,
}

/// How shorter texts are made as long as longer ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding {
    /// The id of padding.
    pub id: u32,
    /// Its type id.
    pub type_id: u32,
    /// The length is a multiple of it; at least 1.
    pub multiple: usize,
    /// Where it is.
    pub side: Side,
}

/// On which side of a text the padding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Before,
    /// Behind it.
    Behind,
}

/// Why a text has no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// It is longer, in bytes, than what this kind of tokenizer takes.
    TooLong(usize),
    /// The tokenizer is damaged or cannot spell it.
    Failed(EngineError),
}

impl From<EngineError> for Unread {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl Tokenizer {
    /// Loads the tokenizer at `path`, for texts of at most `max_tokens` tokens, special ones
    /// included.
    ///
    /// # Errors
    /// A file that cannot be read or is no tokenizer, or more special tokens than `max_tokens`.
    pub fn load(path: &Path, form: TokenizerForm, max_tokens: usize) -> Result<Self, LoadError> {
        let unusable = |cause: EngineError| LoadError::Tokenizer(cause);
        std::fs::metadata(path)
            .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        match form {
            TokenizerForm::Compiled => Compiled::open(path, max_tokens)
                .map(|compiled| Self::Compiled(Box::new(compiled)))
                .map_err(unusable),
            #[cfg(feature = "tokenizers")]
            TokenizerForm::Json => json::Json::open(path, max_tokens)
                .map(|json| Self::Json(Box::new(json)))
                .map_err(unusable),
            #[cfg(not(feature = "tokenizers"))]
            TokenizerForm::Json => Err(LoadError::NoEngine("`tokenizer.json`")),
        }
    }

    /// Adds the tokens of one text, cut to the most that it may have.
    ///
    /// # Errors
    /// What [`Unread`] says.
    pub fn encode(&self, text: &str, onto: &mut Tokens) -> Result<(), Unread> {
        match self {
            Self::Compiled(compiled) => Ok(compiled.encode(text, onto)?),
            #[cfg(feature = "tokenizers")]
            Self::Json(json) => json.encode(text, onto),
        }
    }

    /// How shorter texts are made as long as longer ones.
    pub fn padding(&self) -> Padding {
        match self {
            Self::Compiled(compiled) => compiled.padding(),
            #[cfg(feature = "tokenizers")]
            Self::Json(json) => json.padding(),
        }
    }
}
