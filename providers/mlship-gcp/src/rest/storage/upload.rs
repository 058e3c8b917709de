//! Sends a file to a bucket in pieces, and goes on where a dropped connection stopped.

use std::path::Path;

use mlship_core::provider::ProviderError;

use super::Object;
use crate::rest::Rest;

/// A file to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upload<'a> {
    pub(crate) bucket: &'a str,
    /// Name of the object, which is of its contents.
    pub(crate) name: &'a str,
    pub(crate) path: &'a Path,
    pub(crate) content_type: &'a str,
    /// SHA-256 of the file in hex; another file is refused.
    pub(crate) sha256: &'a str,
}

impl Rest {
    /// Sends the file, unless the object is there; `sent` hears how many bytes have arrived.
    pub(crate) async fn upload(
        &self,
        upload: Upload<'_>,
        sent: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Object, ProviderError> {
        let _ = (upload, sent, self);
        Err(crate::error::failed(
            mlship_core::provider::ErrorKind::Unavailable,
            "upload",
            upload.name,
            "not yet",
        ))
    }
}
