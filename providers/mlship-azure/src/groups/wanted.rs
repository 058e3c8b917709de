//! What a container group should be, out of a release and the manifest. Pure.

use mlship_core::provider::ProviderError;
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::arm::Id;
use crate::config::{Access, Config, Kind};
use crate::connect::Cloud;
use crate::containers::{Made, Models, refuse_zip};
use crate::images::Image;
use crate::names::Place;
use crate::stamp::Stamp;

/// Memory that comes with each virtual CPU here, in MiB, and the most CPUs.
/// Source: <https://learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits>,
/// 2026-11-20.
const MB_A_CORE: u32 = 2048;
const MOST_CORES: u32 = 4;

/// What should be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) config: Config,
    pub(super) group: Id,
    /// The first part of the host, which is unique in the region.
    pub(super) label: String,
    /// Virtual CPUs.
    pub(super) cores: u32,
    /// GB, in tenths.
    pub(super) memory_tenths: u32,
    pub(super) models: Models,
    pub(super) image: Image,
    pub(super) stamp: Stamp,
    pub(super) share: Share,
}

impl Wanted {
    pub(super) fn of(release: &Release, cloud: &Cloud) -> Result<Self, ProviderError> {
        let config = &cloud.config;
        refuse_zip(release, Kind::ContainerInstances)?;
        let place = Place::of(&cloud.subscription, config, &release.project.name.value);
        let memory_mb = release.project.resources.memory_mb.value;
        let stamp = Made { release, settings: &[], access: config.access }.stamp();
        Ok(Self {
            group: group_id(&place),
            label: config.app.clone().unwrap_or_else(|| place.unique()),
            cores: memory_mb.div_ceil(MB_A_CORE).clamp(1, MOST_CORES),
            memory_tenths: memory_mb.saturating_mul(10).div_ceil(1024).max(1),
            models: Models::of(&release.fetched, &place, config),
            image: Image::of(release, &stamp.id),
            config: config.clone(),
            share: release.share,
            place,
            stamp,
        })
    }

    pub(super) fn asks_for_key(&self) -> bool {
        self.config.access == Access::Key
    }

    /// In GB.
    pub(super) fn memory_gb(&self) -> f64 {
        f64::from(self.memory_tenths) / 10.0
    }
}

/// The group of a service.
pub(super) fn group_id(place: &Place) -> Id {
    place.group.resource("Microsoft.ContainerInstance/containerGroups", &place.service)
}
