//! Manifests and indexes as registries keep them: OCI's, and Docker's version 2, schema 2.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::answer::Call;
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::platform::Platform;

/// What is asked for.
pub(crate) const ACCEPTED: &str = "application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json";

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const INDEXES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// The largest manifest that is read, in bytes; registries take no larger ones.
pub(crate) const LARGEST: u64 = 4 << 20;

/// A blob or manifest by digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) platform: Option<Platform>,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    pub(crate) fn digest(&self, call: &Call) -> Result<Digest, RegistryError> {
        let reason = format!("`{}` is not a SHA-256 digest", self.digest.escape_debug());
        Digest::parse(&self.digest).ok_or_else(|| call.error(ErrorKind::Refused, reason))
    }
}

/// One platform's image.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default)]
    pub(crate) annotations: Option<BTreeMap<String, String>>,
}

/// What a name leads to.
#[derive(Debug)]
pub(crate) enum Document {
    Image { media_type: String, manifest: Box<Manifest> },
    Index(Vec<Descriptor>),
}

/// Reads what a registry or a layout says is a manifest; `said` is the type that came with it.
pub(crate) fn read(call: &Call, said: &str, bytes: &[u8]) -> Result<Document, RegistryError> {
    let wrong = |error: serde_json::Error| {
        call.error(ErrorKind::Refused, format!("its manifest cannot be read: {error}"))
    };
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.schema_version != 2 {
        let reason = format!("its manifest has the version {}", head.schema_version);
        let hint = "push the image anew with a tool of this decade";
        return Err(call.error(ErrorKind::Refused, reason).with_hint(hint));
    }
    // The type inside is what the digest vouches for.
    let media_type = head.media_type.as_deref().unwrap_or(said);
    if INDEXES.contains(&media_type) {
        let index: Index = serde_json::from_slice(bytes).map_err(wrong)?;
        return Ok(Document::Index(index.manifests));
    }
    if [OCI_MANIFEST, DOCKER_MANIFEST].contains(&media_type) {
        let manifest = serde_json::from_slice(bytes).map_err(wrong)?;
        return Ok(Document::Image { media_type: media_type.to_owned(), manifest });
    }
    let reason = format!("`{}` is not an image's media type", media_type.escape_debug());
    Err(call.error(ErrorKind::Refused, reason))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schema_version: u64,
    media_type: Option<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}
