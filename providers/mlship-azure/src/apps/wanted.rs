//! What a container app should be, out of a release and the manifest. Pure.

use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::arm::Id;
use crate::config::{Access, Config, Kind};
use crate::connect::Cloud;
use crate::containers::{Made, Models, refuse_zip};
use crate::error::failed;
use crate::images::Image;
use crate::names::Place;
use crate::sizes;
use crate::stamp::Stamp;

/// The profile that everything runs on unless told.
pub(super) const CONSUMPTION: &str = "Consumption";

/// The longest name of a container app.
/// Source: <https://learn.microsoft.com/azure/container-apps/containers>, 2026-11-20.
const LONGEST_NAME: usize = 32;

/// The most instances unless told.
/// Source: <https://learn.microsoft.com/azure/container-apps/scale-app>, 2026-11-20.
const MOST: u32 = 10;

/// What should be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) place: Place,
    pub(super) config: Config,
    pub(super) app: Id,
    pub(super) environment: Id,
    pub(super) profile: String,
    pub(super) size: sizes::Share,
    /// Instances, at least and at most.
    pub(super) replicas: (u32, u32),
    /// Requests that one instance serves at once.
    pub(super) concurrency: u32,
    pub(super) models: Models,
    pub(super) image: Image,
    pub(super) stamp: Stamp,
    pub(super) share: Share,
}

impl Wanted {
    pub(super) fn of(release: &Release, cloud: &Cloud) -> Result<Self, ProviderError> {
        let config = &cloud.config;
        refuse_zip(release, Kind::ContainerApps)?;
        let service = &release.project.name.value;
        let place = Place::of(&cloud.subscription, config, service);
        let resources = &release.project.resources;
        let profile = config.workload_profile.clone().unwrap_or_else(|| CONSUMPTION.to_owned());
        let size = size(service, &profile, resources.memory_mb.value)?;
        let min = config.instances.min.unwrap_or(0);
        let replicas = (min, config.instances.max.unwrap_or(MOST).max(min).max(1));
        let concurrency = resources.concurrency.value.max(1);
        let models = Models::of(&release.fetched, &place, config);
        let settings = [
            format!("profile {profile} {} {}", size.milli_cpu, size.memory_mb),
            format!("replicas {} {} {concurrency}", replicas.0, replicas.1),
            format!("access {}", config.access.as_str()),
            models.words(),
        ];
        let stamp = Made { release, settings: &settings, access: config.access }.stamp();
        Ok(Self {
            app: app_id(&place, config),
            environment: place.group.resource("Microsoft.App/managedEnvironments", &short(&place)),
            image: Image::of(release, &stamp.id),
            config: config.clone(),
            share: release.share,
            place,
            profile,
            size,
            replicas,
            concurrency,
            models,
            stamp,
        })
    }

    /// The name of the revision that runs it.
    pub(super) fn revision(&self) -> String {
        format!("{}--{}", self.app.name(), self.stamp.id)
    }

    pub(super) fn asks_for_key(&self) -> bool {
        self.config.access == Access::Key
    }
}

fn size(service: &str, profile: &str, memory_mb: u32) -> Result<sizes::Share, ProviderError> {
    sizes::container_share(Some(profile), memory_mb).ok_or_else(|| {
        let reason = format!("{memory_mb} MiB do not fit on the workload profile `{profile}`");
        let error = failed(ErrorKind::Refused, "deploy", service, reason);
        error.with_hint("choose another `workload-profile: …`, or less `memory-mb: …`")
    })
}

/// The app of a service.
pub(super) fn app_id(place: &Place, config: &Config) -> Id {
    let name = config.app.clone().unwrap_or_else(|| short(place));
    place.group.resource("Microsoft.App/containerApps", &name)
}

/// The service's name, or as much of it as Azure takes and a digest.
fn short(place: &Place) -> String {
    let service = &place.service;
    if service.len() <= LONGEST_NAME && !service.contains("--") && !service.ends_with('-') {
        return service.clone();
    }
    let plain: Vec<&str> = service.split('-').filter(|part| !part.is_empty()).collect();
    let stem: String = plain.join("-").chars().take(LONGEST_NAME - 9).collect();
    let unique = place.unique();
    let digest = unique.rsplit('-').next().unwrap_or_default();
    format!("{}-{digest}", stem.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_and_stays_unique() {
        let name = |service: &str| short(&Place::of("1234", &Config::default(), service));
        assert_eq!(name("heart"), "heart");
        let [one, other] = ["a", "b"].map(|end| name(&format!("{}--{end}", "long-name".repeat(5))));
        assert!(one.len() <= 32 && one != other && !one.contains("--"), "{one} {other}");
    }
}
