//! A model file to what the runtime reads: a flat program for classical models, a graph with its
//! weights beside it for neural ones.
//!
//! Nothing here runs a model or writes a file.

mod choice;
mod classical;
mod neural;

pub use choice::{EngineChoice, Lacking, classify};
pub use classical::{CompileError, Unsupported, classical, unsupported};
pub use neural::{Form, HALF_WEIGHTS_FILE, Neural, WEIGHTS_FILE, neural};
