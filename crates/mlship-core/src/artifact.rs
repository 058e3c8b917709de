//! What is shipped: one file whose digest is its name.

use std::path::PathBuf;

use serde::Serialize;

/// How an artifact is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A zip archive.
    Zip,
    /// A container image.
    Image,
}

/// A packed bundle, on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// Where it is.
    pub path: PathBuf,
    /// How it is packed.
    pub format: Format,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// SHA-256 of the sorted list of contents, in hex. It does not change with the packer.
    pub content_sha256: String,
    /// Bytes of the file.
    pub packed_bytes: u64,
    /// Bytes of the contents, unpacked.
    pub unpacked_bytes: u64,
}
