//! What runs a model.

use std::fmt;

use crate::tensor::Tensor;

/// A loaded model.
pub trait Engine: Send + Sync {
    /// Runs it. `inputs` are in the order of the bundle's `model.inputs`; the answer is in the
    /// order of its `model.outputs`.
    fn run(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>, EngineError>;
}

/// Why a model cannot be loaded or run; one lower-case phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineError(pub String);

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for EngineError {}
