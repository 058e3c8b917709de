//! What should exist at AWS for a release. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_core::artifact::Format;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use crate::config::{Auth, Config, Kind};
use crate::error::failed;
use crate::image::Image;
use crate::names::{
    self, Account, CONTENT, DIRECT_UPLOAD_BYTES, HANDLER, PROJECT, REVISION, RUNTIME,
};
use crate::setup::{Package, Setup};
use crate::stamp::Stamp;

/// What should exist.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// The zip, on disk; of an image the folder of its layout.
    pub(crate) zip: PathBuf,
    pub(crate) zip_bytes: u64,
    /// SHA-256 of the contents, in hex.
    pub(crate) content_sha256: String,
    pub(crate) setup: Setup,
    pub(crate) run_as: RunAs,
    pub(crate) auth: Auth,
    pub(crate) stamp: Stamp,
    /// Tags for everything that is made.
    pub(crate) tags: BTreeMap<String, String>,
    /// Where the zip goes when it is too large for the request.
    pub(crate) place: Option<Place>,
    /// Where the code goes when it is an image.
    pub(crate) image: Option<Image>,
}

/// Whose role the function runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// One that mlship makes.
    Own,
    /// The one in the manifest.
    Given,
}

/// Where a large zip goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) owner: StoreOwner,
}

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreOwner {
    /// mlship makes it, and removes it when it is empty.
    Mlship,
    /// The user's own.
    User,
}

impl Wanted {
    pub(crate) fn of(
        release: &Release,
        config: &Config,
        account: &Account,
    ) -> Result<Self, ProviderError> {
        let name = release.project.name.value.clone();
        let artifact = &release.artifact;
        let package = package(artifact.format, config.kind, &name)?;
        let Some(code_sha256) = code_sha256(package, &artifact.sha256) else {
            let reason = format!("`{}` is not a SHA-256 digest", artifact.sha256);
            return Err(failed(ErrorKind::Refused, "deploy", &name, reason));
        };
        Ok(Self {
            zip: artifact.path.clone(),
            zip_bytes: artifact.packed_bytes,
            content_sha256: artifact.content_sha256.clone(),
            image: (package == Package::Image).then(|| Image::of(release, config, account)),
            setup: setup(release, config, account, package, code_sha256),
            run_as: if config.role.is_some() { RunAs::Given } else { RunAs::Own },
            auth: config.auth,
            stamp: Stamp {
                content_sha256: Some(artifact.content_sha256.clone()),
                git_revision: release.git_revision.clone(),
            },
            tags: tags(release, config),
            place: (package == Package::Zip && artifact.packed_bytes > DIRECT_UPLOAD_BYTES)
                .then(|| place(config, account, &name, &artifact.sha256)),
            name,
        })
    }

    /// The tags that a deploy of the same content by another commit leaves as they are.
    pub(crate) fn lasting_tags(&self) -> impl Iterator<Item = (&String, &String)> {
        self.tags.iter().filter(|(key, _)| *key != REVISION)
    }
}

fn package(format: Format, kind: Kind, name: &str) -> Result<Package, ProviderError> {
    let reason = match (kind, format) {
        (Kind::LambdaZip, Format::Zip) => return Ok(Package::Zip),
        (Kind::LambdaImage, Format::Image) => return Ok(Package::Image),
        (Kind::LambdaZip, Format::Image) => "kind `lambda-zip` takes a zip, not an image",
        (Kind::LambdaImage, Format::Zip) => "kind `lambda-image` takes an image, not a zip",
    };
    Err(failed(ErrorKind::Refused, "deploy", name, reason))
}

fn setup(
    release: &Release,
    config: &Config,
    account: &Account,
    package: Package,
    code_sha256: String,
) -> Setup {
    let resources = &release.project.resources;
    let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let name = &release.project.name.value;
    let of_zip = |text: &str| if package == Package::Zip { text.into() } else { String::new() };
    Setup {
        package,
        code_sha256,
        architecture: config.architecture.as_str().into(),
        memory_mb: number(resources.memory_mb.value),
        timeout_s: number(resources.timeout_s.value),
        disk_mb: number(resources.disk_mb.value),
        role: config.role.clone().unwrap_or_else(|| account.role_arn(name)),
        runtime: of_zip(RUNTIME),
        handler: of_zip(HANDLER),
    }
}

fn tags(release: &Release, config: &Config) -> BTreeMap<String, String> {
    let mut tags = config.tags.clone();
    tags.insert(PROJECT.into(), release.project.name.value.clone());
    tags.insert(CONTENT.into(), release.artifact.content_sha256.clone());
    if let Some(revision) = &release.git_revision {
        tags.insert(REVISION.into(), revision.clone());
    }
    tags
}

fn place(config: &Config, account: &Account, name: &str, sha256: &str) -> Place {
    let key = format!("{}{sha256}.zip", names::object_prefix(name));
    match &config.bucket {
        Some(bucket) => Place { bucket: bucket.clone(), key, owner: StoreOwner::User },
        None => Place { bucket: account.bucket(), key, owner: StoreOwner::Mlship },
    }
}

/// A digest as AWS says it: in base64 for a zip, in hex for an image.
fn code_sha256(package: Package, hex: &str) -> Option<String> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let digest: Option<Vec<u8>> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
    digest.map(|digest| match package {
        Package::Zip => STANDARD.encode(digest),
        Package::Image => hex.to_lowercase(),
    })
}
