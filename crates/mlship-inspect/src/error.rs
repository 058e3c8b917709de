//! Why a file could not be looked at.

use std::io;
use std::path::PathBuf;

use crate::onnx::OnnxError;

/// Why a file could not be looked at. A file of a kind that nobody knows is no error: see
/// [`crate::Format::Unknown`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// It cannot be opened or read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is neither a file nor a folder.
    #[error("`{}` is neither a file nor a folder", path.display())]
    NotAFile {
        /// What was given.
        path: PathBuf,
    },
    /// It says it is ONNX, and it is not sound.
    #[error("`{}` is a damaged ONNX file", path.display())]
    Onnx {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: OnnxError,
    },
    /// It begins like ONNX and is longer than protobuf allows.
    #[error(
        "`{}` is an ONNX file of {bytes} bytes; protobuf ends at {} bytes: save it with external data",
        path.display(),
        crate::inspect::ONNX_BYTES
    )]
    OnnxTooLarge {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// It says what it is, and is not sound.
    #[error("`{}` is a damaged {what}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A zip archive that unpacks to far more than it is.
    #[error(
        "`{}` is a zip bomb: its entry `{entry}` unpacks from {packed_bytes} to {unpacked_bytes} bytes",
        path.display()
    )]
    ZipBomb {
        /// The archive.
        path: PathBuf,
        /// The entry's name.
        entry: String,
        /// Bytes in the archive.
        packed_bytes: u64,
        /// Bytes unpacked.
        unpacked_bytes: u64,
    },
}
