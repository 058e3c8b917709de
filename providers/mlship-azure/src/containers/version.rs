//! What makes a version of an image another one: its contents, and what it is run with.

use mlship_core::artifact::Format;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use sha2::{Digest, Sha256};

use crate::config::{Access, Kind};
use crate::error::failed;
use crate::stamp::Stamp;
use mlship_registry::hex;

/// What a version is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made<'m> {
    pub(crate) release: &'m Release,
    /// Everything that it is run with, always in the same order.
    pub(crate) settings: &'m [String],
    pub(crate) access: Access,
}

impl Made<'_> {
    /// Its stamp, as of now. The id is the same again for the same image and settings.
    pub(crate) fn stamp(&self) -> Stamp {
        let Self { release, settings, access } = self;
        let words = format!("{}\n{}", release.artifact.sha256, settings.join("\n"));
        let digest = hex(&Sha256::digest(words.to_ascii_lowercase().as_bytes()));
        let id: String = digest.chars().take(10).collect();
        Stamp::now(release, *access).named(format!("v{id}"))
    }
}

/// Refuses a release that is no image.
pub(crate) fn refuse_zip(release: &Release, kind: Kind) -> Result<(), ProviderError> {
    if release.artifact.format == Format::Image {
        return Ok(());
    }
    let reason = format!("kind `{}` runs an image, and this is an archive", kind.as_str());
    let error = failed(ErrorKind::Refused, "deploy", &release.project.name.value, reason);
    Err(error.with_hint("run `mlship package --provider azure` again"))
}
