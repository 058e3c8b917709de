//! An image as it was packed.

use std::path::PathBuf;

use mlship_core::release::Release;

/// An image on this machine, and the tag that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// The folder of its layout.
    pub(crate) layout: PathBuf,
    /// `sha256:…`, of its manifest.
    pub(crate) digest: String,
    /// The id of the version that it is of.
    pub(crate) tag: String,
    /// The image that it is built on, as the manifest names it.
    pub(crate) base: Option<String>,
}

impl Image {
    /// The image of a release, for the version of this id.
    pub(crate) fn of(release: &Release, version: &str) -> Self {
        Self {
            layout: release.artifact.path.clone(),
            digest: format!("sha256:{}", release.artifact.sha256.to_lowercase()),
            tag: version.to_owned(),
            base: release.project.image.base.as_ref().map(|base| base.value.clone()),
        }
    }
}
