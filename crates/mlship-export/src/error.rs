//! Why a model is not exported.

use std::io;
use std::path::PathBuf;

/// Why a model is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Files of this form are not exported here.
    #[error("{0} cannot be converted to ONNX here")]
    Form(String),
    /// The file would run code that no model needs.
    #[error("loading this file would run `{}`", .0.join("`, `"))]
    Dangerous(Vec<String>),
    /// A file cannot be read or written.
    #[error("could not {operation} `{}`: {source}", path.display())]
    File {
        /// `read`, `write`, `make`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A program that is needed is not there.
    #[error("`{0}` is not there")]
    Absent(String),
    /// The environment for the conversion cannot be made.
    #[error("the packages for the conversion cannot be installed: {0}")]
    Packages(String),
    /// This machine cannot run a process without a network.
    #[error("a process without a network cannot be started here: {0}")]
    NoSandbox(String),
    /// The converter ended without a report.
    #[error("the converter ended without a word ({status}){said}")]
    Silent {
        /// How it ended.
        status: String,
        /// Its last line, after a colon; or nothing.
        said: String,
    },
    /// The converter did not end.
    #[error("the converter did not end within {0} seconds")]
    Overdue(u64),
    /// The file cannot be loaded.
    #[error("the model cannot be loaded: {0}")]
    Load(String),
    /// A step of the model has no form in ONNX.
    #[error("{} is not converted: {reason}", step.as_deref().map_or_else(|| "the model".to_owned(), |step| format!("its step `{step}`")))]
    Step {
        /// The class of the step, where it is known.
        step: Option<String>,
        /// Why.
        reason: String,
    },
    /// The converted model answers otherwise.
    #[error("the converted model is not the same: {0}")]
    Differs(String),
}

impl ExportError {
    /// A file that cannot be read or written.
    pub(crate) fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { operation, path, source }
    }

    /// True when the model itself is what stops it: another lane may still serve it.
    pub fn is_of_the_model(&self) -> bool {
        matches!(self, Self::Step { .. } | Self::Differs(_))
    }
}
