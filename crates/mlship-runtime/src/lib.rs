//! Loads a bundle and answers predictions, on every host.
//!
//! No cloud SDK, no command-line parser and nothing of the tool is linked in here.

pub mod classical;
pub mod engine;
pub mod tensor;
