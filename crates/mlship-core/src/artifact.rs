//! What is shipped: a file or an image whose digest is its name, and what is fetched beside it.

use std::path::PathBuf;

use serde::Serialize;

/// How an artifact is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A zip archive.
    Zip,
    /// A tar archive, packed by gzip.
    Tar,
    /// A container image.
    Image,
}

/// A packed bundle, on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Artifact {
    /// Where it is: an archive's file, or an image's folder in the OCI layout
    /// (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>).
    pub path: PathBuf,
    /// How it is packed.
    pub format: Format,
    /// SHA-256 in hex: of an archive's file, or of an image's manifest.
    pub sha256: String,
    /// SHA-256 of the sorted list of contents, in hex. It does not change with the packer.
    pub content_sha256: String,
    /// Bytes of the file, or of all layers of an image as they are sent.
    pub packed_bytes: u64,
    /// Bytes of the contents, unpacked.
    pub unpacked_bytes: u64,
}

/// A file that the runtime fetches at start, instead of finding it in the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fetched {
    /// Its path in the bundle.
    pub name: String,
    /// Where it is on disk until it is uploaded.
    pub path: PathBuf,
    /// SHA-256 in hex.
    pub sha256: String,
    /// How long it is.
    pub bytes: u64,
}
