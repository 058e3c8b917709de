//! What a release is to become.

use std::collections::BTreeMap;
use std::path::PathBuf;

use mlship_core::artifact::{Fetched, Format};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::config::{Instances, Package};
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::{Image, Images};
use crate::sizes::Size;

use super::bodies;
use super::program::{Models, Names, Program, stamp};

/// Everything that a deploy is to bring about.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) program: Program,
    pub(crate) size: Size,
    pub(crate) instances: Instances,
    pub(crate) tags: BTreeMap<String, String>,
    /// The zip, when it is one.
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// Where images are and which one it is, when it is one.
    pub(crate) image: Option<(Images, Image)>,
    pub(crate) fetched: Vec<Fetched>,
    pub(crate) share: Share,
}

impl Wanted {
    pub(crate) async fn of(cloud: &Cloud, release: &Release) -> Result<Self, ProviderError> {
        let config = &cloud.config;
        let service = &release.project.name.value;
        let names = Names::of(&cloud.subscription, config, service);
        fits(release, &names)?;
        let size = bodies::size(config, release.project.resources.memory_mb.value)?;
        let stamp = stamp(release, &names);
        let image = match names.package {
            Package::Zip => None,
            Package::Image => {
                let images = Images::locate(cloud, &names.place).await?;
                Some((images, Image::of(release, &stamp.id)))
            }
        };
        let models = match release.fetched.as_slice() {
            [] => Models::Unknown,
            _ => Models::Fetched,
        };
        Ok(Self {
            size,
            instances: config.instances,
            tags: names.place.tags(config),
            path: release.artifact.path.clone(),
            bytes: release.artifact.packed_bytes,
            fetched: release.fetched.clone(),
            share: release.share,
            program: Program {
                tier: size.tier,
                stamp,
                repository: image.as_ref().map(|(images, _)| images.repository.clone()),
                models,
                names,
            },
            image,
        })
    }
}

/// What a release can ask for that such an app has not.
fn fits(release: &Release, names: &Names) -> Result<(), ProviderError> {
    let service = &release.project.name.value;
    let must = match names.package {
        Package::Zip => Format::Zip,
        Package::Image => Format::Image,
    };
    let reason = match (must, release.artifact.format) {
        (Format::Zip, Format::Image) => "a zip is wanted, and it is packed as an image",
        (Format::Image, Format::Zip) => "an image is wanted, and it is packed as a zip",
        (must, packed) if must == packed => return Ok(()),
        (Format::Image, _) => "an image is wanted, and it is packed as a tar",
        _ => "a zip is wanted, and it is packed as a tar",
    };
    Err(failed(ErrorKind::Refused, "deploy", service, reason))
}

/// The refusal to give a version a part of the traffic.
pub(crate) fn undivided(names: &Names, operation: &str, service: &str) -> ProviderError {
    let reason = format!("kind `{}` cannot divide the traffic", names.kind.as_str());
    let error = failed(ErrorKind::Refused, operation, service, reason);
    error.with_hint("write `kind: container-apps`, where versions share it, or move all of it")
}
