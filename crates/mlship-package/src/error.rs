//! Why something could not be packaged.

use std::path::PathBuf;

use mlship_core::finding::Report;
use mlship_core::sample::Mismatch;

use crate::image::ImageError;

/// Why something could not be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A file could not be read or written.
    #[error("could not {operation} `{}`", path.display())]
    File {
        /// `read`, `write`, `remove`, ….
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest and the model do not fit together.
    #[error("the manifest does not fit the model")]
    Unfit(Report),
    /// The model could not be looked at.
    #[error("the model cannot be read")]
    Inspect(#[source] mlship_inspect::InspectError),
    /// The model is no ONNX file.
    #[error("`{}` is not an ONNX file: {summary}", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        summary: String,
        /// How to make ONNX of it.
        advice: Vec<String>,
    },
    /// The model cannot be compiled.
    #[error("could not compile `{}`", path.display())]
    Compile {
        /// The model.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A sample file is not JSON.
    #[error("sample `{path}` is not JSON")]
    Sample {
        /// Its path in the manifest.
        path: String,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The runtime refused a sample, or could not be started.
    #[error("sample `{sample}` was not answered: {reason}")]
    Unanswered {
        /// The sample's path in the manifest.
        sample: String,
        /// The runtime's own words.
        reason: String,
        /// What Python says of what a handler raised.
        traceback: Option<String>,
    },
    /// The runtime answered a sample wrongly.
    #[error("sample `{sample}` was answered wrongly")]
    Wrong {
        /// The sample's path in the manifest.
        sample: String,
        /// Where the answer differs.
        #[source]
        source: Box<Mismatch>,
    },
    /// What a provider wants beside the bundle has no place there.
    #[error("`{path}` cannot be put beside the bundle: {reason}")]
    Beside {
        /// Its path in the artifact.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// The user's own code, or what it needs, cannot be packed.
    #[error("`{path}` cannot be packed: {reason}")]
    Scripts {
        /// The file's path from the manifest.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A zip archive could not be written.
    #[error("could not pack `{entry}`")]
    Zip {
        /// The file being packed.
        entry: String,
        /// Why.
        #[source]
        source: ::zip::result::ZipError,
    },
    /// An image could not be built or read.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl PackageError {
    pub(crate) fn file(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { operation, path, source }
    }
}
