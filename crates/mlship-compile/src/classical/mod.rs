//! ONNX graph to flat program.

mod constant;
mod fuse;
mod lower;
mod support;
mod tree_nodes;
mod tree_parts;
mod trees;
mod writer;

pub use support::{Unsupported, unsupported};

use mlship_inspect::onnx::Model;

/// Why a model has no flat program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// It needs what the classical engine does not have; everything that is lacking.
    #[error("the classical engine does not have {}", list(.0))]
    Unsupported(Vec<Unsupported>),
    /// It contradicts itself.
    #[error("`{operator}` is malformed: {problem}")]
    Malformed {
        /// The operator, or the constant, by name.
        operator: String,
        /// What is wrong with it.
        problem: String,
    },
    /// It has more values, text or nodes than the layout can count.
    #[error("the model has too many {0}")]
    TooLarge(&'static str),
}

/// Compiles a model; `file` is what it was parsed from.
///
/// # Errors
/// Everything that the engine lacks, or the first contradiction in the model.
pub fn classical(model: &Model, file: &[u8]) -> Result<Vec<u8>, CompileError> {
    let lacking = unsupported(model);
    if !lacking.is_empty() {
        return Err(CompileError::Unsupported(lacking));
    }
    let mut writer = writer::Writer::default();
    lower::model(model, file, &mut writer)?;
    writer.finish()
}

fn list(lacking: &[Unsupported]) -> String {
    lacking.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn malformed(operator: &str, problem: impl Into<String>) -> CompileError {
    CompileError::Malformed { operator: operator.into(), problem: problem.into() }
}
