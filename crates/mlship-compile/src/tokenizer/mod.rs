//! A tokenizer's file to the flat table that the runtime maps into memory.
//!
//! WordPiece as BERT uses it is compiled. Other kinds are told apart from files that are broken:
//! the former are left to the `tokenizers` crate, and the table equals that crate in all it does.

mod characters;
mod file;
mod lines;
mod parts;
mod plan;
mod trie;
mod write;

use plan::Plan;

/// The longest tokenizer file, in bytes.
pub const LONGEST_FILE: usize = 64 << 20;

/// What a tokenizer's file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenizerFile {
    /// `tokenizer.json`.
    Json,
    /// `vocab.txt`: BERT's words, one a line.
    VocabTxt(Case),
}

/// What becomes of upper case in a `vocab.txt`'s text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// It is kept, with accents.
    Kept,
    /// It is made lower case, without accents.
    Lowered,
}

/// A compiled tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The file that the runtime reads: [`mlship_bundle::vocabulary`].
    pub table: Vec<u8>,
    /// What the tokenizer says of itself.
    pub traits: Traits,
}

/// What a tokenizer says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traits {
    /// To how many tokens it cuts texts, special ones included, when it says so.
    pub max_tokens: Option<usize>,
    /// To what length it pads texts, when it says so.
    pub padded_to: Option<usize>,
    /// How many words it knows, added ones included.
    pub vocabulary_size: usize,
    /// The largest id it gives: a model needs more rows of embeddings than that.
    pub largest_id: u32,
    /// How many tokens it puts around every text.
    pub special_tokens: usize,
}

/// Why there is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenizerError {
    /// It is of a kind that is not compiled; the `tokenizers` crate may read it.
    #[error("the tokenizer is not compiled: {reason}")]
    NotCompiled {
        /// What is not compiled.
        reason: String,
        /// What the tokenizer says of itself.
        traits: Traits,
    },
    /// It is no tokenizer, or contradicts itself.
    #[error("the tokenizer is not valid: {0}")]
    Invalid(String),
}

/// Compiles a tokenizer's file.
///
/// # Errors
/// What [`TokenizerError`] says.
pub fn tokenizer(bytes: &[u8], form: TokenizerFile) -> Result<Compiled, TokenizerError> {
    if bytes.len() > LONGEST_FILE {
        return invalid(format!("it is longer than {} MiB", LONGEST_FILE >> 20));
    }
    match form {
        TokenizerFile::VocabTxt(case) => finish(&lines::plan(bytes, case)?),
        TokenizerFile::Json => finish(&parts::plan(file::read(bytes)?)?),
    }
}

fn finish(plan: &Plan) -> Result<Compiled, TokenizerError> {
    let traits = plan.traits();
    let table = write::table(plan)
        .map_err(|reason| TokenizerError::NotCompiled { reason, traits: traits.clone() })?;
    Ok(Compiled { table, traits })
}

fn invalid<T>(problem: impl Into<String>) -> Result<T, TokenizerError> {
    Err(TokenizerError::Invalid(problem.into()))
}
