//! ONNX files, read by a bounded parser of our own.
//!
//! Nothing here runs a graph or opens a file: bytes in, [`Model`] or [`OnnxError`] out.

mod graph;
mod read;
mod read_tensor;
#[cfg(test)]
mod tests;
mod wire;

pub use graph::*;

/// Why bytes are not an ONNX model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}, reading {reading}: {problem}")]
pub struct OnnxError {
    /// Where in the file, in bytes from its start.
    pub offset: usize,
    /// The field that was being read.
    pub reading: &'static str,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes end inside a value.
    #[error("the bytes end early")]
    Truncated,
    /// A variable-length integer of more than ten bytes.
    #[error("the integer is too long")]
    LongInteger,
    /// A length beyond the end of what holds it.
    #[error("the length `{0}` reaches past the end")]
    LongLength(u64),
    /// A wire type that protobuf does not have, or a group.
    #[error("`{0}` is not a wire type")]
    WireType(u8),
    /// A wire type that the field does not have.
    #[error("the field has wire type `{0}`")]
    UnexpectedWireType(u8),
    /// Field number zero.
    #[error("`0` is not a field number")]
    FieldNumber,
    /// A packed array whose bytes are not whole elements.
    #[error("the array is not a whole number of elements")]
    RaggedArray,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    NotText,
    /// More graphs inside graphs than [`MAX_DEPTH`].
    #[error("graphs are nested too deep")]
    TooDeep,
    /// So many tiny values that they would take far more memory than the file itself.
    #[error("the values would take more memory than a model of this size needs")]
    TooManyValues,
    /// The file has no graph.
    #[error("there is no graph")]
    NoGraph,
}

/// How many graphs may be inside one another.
pub const MAX_DEPTH: usize = 32;

/// Reads a model. `bytes` is the whole file, for instance a memory map: weights stay where they
/// are. Memory taken is bounded by sixteen times the length plus 4 MiB; no input panics.
///
/// # Errors
/// The first byte that cannot be read, and what it was to be.
pub fn parse(bytes: &[u8]) -> Result<Model, OnnxError> {
    read::model(wire::Reader::whole(bytes, &wire::Budget::of(bytes.len())))
}
