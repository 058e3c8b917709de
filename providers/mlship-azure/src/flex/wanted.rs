//! What should exist for a release. Pure.

use mlship_core::artifact::{Fetched, Format};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use crate::config::Access;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;
use crate::sizes::{FLEX_MEMORY_MB, flex_memory_mb};
use crate::stamp::Stamp;

/// What should exist.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'r> {
    pub(crate) release: &'r Release,
    pub(crate) place: Place,
    /// Name of the version.
    pub(crate) id: String,
    pub(crate) access: Access,
    /// Memory of an instance, in MiB: one of the sizes that there are.
    pub(crate) memory_mb: u32,
    /// What must be in storage before a version starts; each file once.
    pub(crate) fetched: Vec<&'r Fetched>,
}

impl<'r> Wanted<'r> {
    /// Refuses what the kind cannot run.
    pub(crate) fn of(release: &'r Release, cloud: &Cloud) -> Result<Self, ProviderError> {
        let name = &release.project.name.value;
        let refuse = |reason: String| failed(ErrorKind::Refused, "deploy", name, reason);
        if release.artifact.format == Format::Tar {
            return Err(refuse("kind `functions-flex` takes a zip, not a tar".into()));
        }
        if release.artifact.format == Format::Image {
            let error = refuse("kind `functions-flex` takes a zip, not an image".into());
            let hint = "for an image set `kind: container-apps`, or `kind: functions-premium` with \
                        `package: image`";
            return Err(error.with_hint(hint));
        }
        let memory_mb = release.project.resources.memory_mb.value;
        let Some(memory_mb) = flex_memory_mb(memory_mb) else {
            let [.., most] = FLEX_MEMORY_MB;
            let error = refuse(format!("{memory_mb} MiB of memory are more than {most}"));
            return Err(error.with_hint("set `kind: functions-premium` or `kind: container-apps`"));
        };
        for digest in digests(release) {
            if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(refuse(format!("`{digest}` is not a SHA-256 digest")));
            }
        }
        let mut fetched: Vec<&Fetched> = Vec::new();
        for file in &release.fetched {
            if !fetched.iter().any(|there| there.sha256 == file.sha256) {
                fetched.push(file);
            }
        }
        Ok(Self {
            release,
            place: Place::of(&cloud.subscription, &cloud.config, name),
            id: Stamp::id_of(&release.artifact.content_sha256),
            access: cloud.config.access,
            memory_mb,
            fetched,
        })
    }

    /// The package's name in the container of packages.
    pub(crate) fn package(&self) -> String {
        package(&self.release.artifact.sha256)
    }
}

/// A package's name in the container of packages.
pub(crate) fn package(sha256: &str) -> String {
    format!("{sha256}.zip")
}

fn digests(release: &Release) -> impl Iterator<Item = &String> {
    let artifact = [&release.artifact.sha256, &release.artifact.content_sha256];
    artifact.into_iter().chain(release.fetched.iter().map(|file| &file.sha256))
}
