//! Why a model cannot be converted.

use std::io;
use std::path::PathBuf;

use mlship_inspect::InspectError;

/// Why a model cannot be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The model cannot be read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// A file cannot be read or written.
    #[error("could not {operation} `{}`: {source}", path.display())]
    File {
        /// `read`, `write`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The model has no weights of the kind that is converted.
    #[error("there is nothing to convert: {0}")]
    Nothing(&'static str),
    /// The model's operator set has no quantized operators.
    #[error("the model has operator set {found}; 8-bit weights need {needed} or newer")]
    Opset {
        /// The model's.
        found: i64,
        /// The oldest that has them.
        needed: i64,
    },
    /// The model is written in a way that cannot be taken apart.
    #[error("the model cannot be taken apart: {0}")]
    Form(String),
    /// What would be written is longer than a protobuf message may be.
    #[error("the converted model would have {0} bytes; a model in one file has at most 2147483647")]
    TooLarge(u64),
}

impl ConvertError {
    /// A file that cannot be read or written.
    pub(crate) fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { operation, path, source }
    }
}
