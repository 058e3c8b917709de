//! A container image that others are built on, as its registry describes it.

use serde::Serialize;
use serde_json::Value;

/// A base image: one platform of it, without its layers' bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Base {
    /// Its name, pinned: `registry.example/name@sha256:…`. The digest is that of the manifest.
    pub reference: String,
    /// The media type of its manifest: OCI's, or Docker's version 2, schema 2.
    pub media_type: String,
    /// Its configuration, whole: fields that nobody here knows are kept.
    pub config: Value,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
}

/// A layer in a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// OCI's media type or Docker's.
    pub media_type: String,
    /// `sha256:…` of the bytes as they are sent.
    pub digest: String,
    /// How many bytes are sent.
    pub bytes: u64,
}
