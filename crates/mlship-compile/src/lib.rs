//! A model file to what the runtime reads: a flat program for classical models, a graph with its
//! weights beside it for neural ones, a flat table for tokenizers.
//!
//! Nothing here runs a model or writes a file.

mod choice;
mod classical;
mod neural;
mod tokenizer;

pub use choice::{EngineChoice, Lacking, classify, classify_text};
pub use classical::{CompileError, Unsupported, classical, unsupported};
pub use neural::{Form, HALF_WEIGHTS_FILE, Neural, WEIGHTS_FILE, neural};
pub use tokenizer::{
    Case, Compiled, LONGEST_FILE, TokenizerError, TokenizerFile, Traits, tokenizer,
};
