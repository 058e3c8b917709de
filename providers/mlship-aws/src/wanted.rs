//! What should exist at AWS for a release. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_core::artifact::{Fetched, Format};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::config::{Auth, Config, Kind};
use crate::error::failed;
use crate::find::concurrency::Concurrency;
use crate::image::Image;
use crate::models::Models;
use crate::names::{
    self, Account, CONTENT, DIRECT_UPLOAD_BYTES, HANDLER, PROGRAM, PROJECT, REVISION, RUNTIME,
};
use crate::python;
use crate::setup::{Package, Setup};
use crate::stamp::Stamp;

/// How many files a version fetches at most: the policy of the role names each, and the
/// environment too.
const FILES: usize = 10;

/// What should exist.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    /// The zip, on disk; of an image the folder of its layout.
    pub(crate) package: PathBuf,
    pub(crate) packed_bytes: u64,
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
    /// What must be in a bucket before a version starts.
    pub(crate) fetched: Vec<Fetched>,
    /// The bucket, for whatever goes into one.
    pub(crate) bucket: Bucket,
    /// How much of the traffic the version is to get.
    pub(crate) share: Share,
    pub(crate) concurrency: Concurrency,
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

/// A bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) name: String,
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
        let bucket = bucket(config, account);
        let fetched = fetched(release)?;
        let Some(code_sha256) = code_sha256(package, &artifact.sha256) else {
            let reason = format!("`{}` is not a SHA-256 digest", artifact.sha256);
            return Err(failed(ErrorKind::Refused, "deploy", &name, reason));
        };
        Ok(Self {
            package: artifact.path.clone(),
            packed_bytes: artifact.packed_bytes,
            content_sha256: artifact.content_sha256.clone(),
            image: (package == Package::Image).then(|| Image::of(release, config, account)),
            setup: Setup {
                models: models(&fetched, &bucket, &name),
                ..setup(release, config, account, package, code_sha256)
            },
            run_as: if config.role.is_some() { RunAs::Given } else { RunAs::Own },
            auth: config.auth,
            stamp: Stamp {
                content_sha256: Some(artifact.content_sha256.clone()),
                git_revision: release.git_revision.clone(),
            },
            tags: tags(release, config),
            place: (package == Package::Zip && artifact.packed_bytes > DIRECT_UPLOAD_BYTES)
                .then(|| place(&bucket, &name, &artifact.sha256)),
            fetched,
            bucket,
            share: release.share,
            concurrency: Concurrency {
                reserved: config.reserved_concurrency,
                provisioned: config.provisioned_concurrency,
            },
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
        (Kind::LambdaZip, Format::Tar) => "kind `lambda-zip` takes a zip, not a tar",
        (Kind::LambdaImage, Format::Zip) => "kind `lambda-image` takes an image, not a zip",
        (Kind::LambdaImage, Format::Tar) => "kind `lambda-image` takes an image, not a tar",
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
    let python = release.project.python.as_ref();
    let runtime = python.map_or_else(|| RUNTIME.into(), |python| python::runtime(python.version()));
    let of_zip = |text: &str| if package == Package::Zip { text.into() } else { String::new() };
    Setup {
        package,
        code_sha256,
        architecture: config.architecture.as_str().into(),
        memory_mb: number(resources.memory_mb.value),
        timeout_s: number(resources.timeout_s.value),
        disk_mb: number(resources.disk_mb.value),
        role: config.role.clone().unwrap_or_else(|| account.role_arn(name)),
        runtime: of_zip(&runtime),
        handler: of_zip(HANDLER),
        models: Models::default(),
        wrapper: if python.is_some() { of_zip(PROGRAM) } else { String::new() },
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

fn place(bucket: &Bucket, name: &str, sha256: &str) -> Place {
    let key = format!("{}{sha256}.zip", names::object_prefix(name));
    Place { bucket: bucket.name.clone(), key, owner: bucket.owner }
}

fn bucket(config: &Config, account: &Account) -> Bucket {
    match &config.bucket {
        Some(name) => Bucket { name: name.clone(), owner: StoreOwner::User },
        None => Bucket { name: account.bucket(), owner: StoreOwner::Mlship },
    }
}

/// Each file once.
fn fetched(release: &Release) -> Result<Vec<Fetched>, ProviderError> {
    let refuse = |reason: String| {
        Err(failed(ErrorKind::Refused, "deploy", &release.project.name.value, reason))
    };
    let mut files: Vec<Fetched> = Vec::new();
    for file in &release.fetched {
        if !names::is_digest(&file.sha256) {
            return refuse(format!("`{}` is not a SHA-256 digest", file.sha256));
        }
        if !files.iter().any(|there| there.sha256 == file.sha256) {
            files.push(file.clone());
        }
    }
    if files.len() > FILES {
        return refuse(format!("{} files to fetch are more than {FILES}", files.len()));
    }
    Ok(files)
}

fn models(fetched: &[Fetched], bucket: &Bucket, name: &str) -> Models {
    if fetched.is_empty() {
        return Models::default();
    }
    let prefix = names::models_prefix(name);
    Models {
        store: Some(format!("s3://{}/{}", bucket.name, prefix.trim_end_matches('/'))),
        files: fetched.iter().map(|file| file.sha256.clone()).collect(),
    }
}

/// The digest of 32 bytes in base64, as AWS says it.
pub(crate) fn base64_of_hex(hex: &str) -> Option<String> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let digest: Option<Vec<u8>> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
    digest.map(|digest| STANDARD.encode(digest))
}

/// A digest as AWS says it: in base64 for a zip, in hex for an image.
fn code_sha256(package: Package, hex: &str) -> Option<String> {
    let base64 = base64_of_hex(hex)?;
    Some(match package {
        Package::Zip => base64,
        Package::Image => hex.to_lowercase(),
    })
}
