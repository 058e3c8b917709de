//! What exists for a service of container groups, and what must change. Reads only.

use mlship_bundle::MODEL_STORE;
use mlship_core::plan::{Difference, Plan, Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use serde_json::Value;

use super::body::{self, Told, fetches};
use super::region;
use super::wanted::Wanted;
use crate::access;
use crate::connect::Cloud;
use crate::containers::step;
use crate::error::failed;
use crate::images::{self, Images};
use crate::ledger::Ledger;
use crate::resource::{Standing, differ};
use crate::surroundings::{self, Global, Looked};

/// Everything that a plan depends on.
#[derive(Debug, Clone)]
pub(super) struct Existing {
    /// The resource group, and the storage account of models.
    pub(super) around: Vec<Looked>,
    /// Model files that are not there yet.
    pub(super) missing: Vec<usize>,
    pub(super) images: Images,
    pub(super) image: images::Looked,
    pub(super) group: Looked,
    pub(super) ledger: Ledger,
}

impl Existing {
    pub(super) async fn look(cloud: &Cloud, wanted: &Wanted) -> Result<Self, ProviderError> {
        let Wanted { place, config, models, .. } = wanted;
        let arm = &cloud.arm;
        surroundings::refuse_absent_group(cloud, place).await?;
        let parts = surroundings::group(place, config).into_iter();
        let around = surroundings::look(arm, parts.chain(models.resources(place, config))).await?;
        for part in around.iter().filter(|part| part.resource.noun == "storage account") {
            surroundings::refuse_taken(cloud, part, Global::STORAGE).await?;
        }
        let missing = models.missing(cloud).await?;
        let images = Images::locate(cloud, place).await?;
        let image = images.look(cloud, &wanted.image).await?;
        let server = image.server().unwrap_or_default();
        let name = format!("{server}/{}:{}", images.repository, wanted.image.tag);
        let group = body::group(wanted, server, &name, images.identity.as_str());
        let mut group = surroundings::look(arm, [group]).await?.remove(0);
        group.standing = also(group.standing, group.found.as_ref(), wanted);
        if group.found.is_none() || resized(&group, wanted) {
            region::refuse_size(cloud, wanted).await?;
        }
        let ledger = group.found.as_ref().map(Ledger::of).unwrap_or_default();
        Ok(Self { around, missing, images, image, group, ledger })
    }

    /// The steps, in the order they are done.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] for a part of the traffic, when there is another version.
    pub(super) fn plan(&self, wanted: &Wanted) -> Result<Plan, ProviderError> {
        let is_live = self.ledger.live.as_ref().is_some_and(|live| live.is(&wanted.stamp));
        let is_settled = is_live && self.ledger.trial.is_none();
        if !is_live && self.ledger.live.is_some() && wanted.share != Share::ALL {
            return Err(indivisible("deploy", &wanted.place.service, wanted.share));
        }
        let mut steps = surroundings::steps(&self.around);
        steps.extend(wanted.models.steps(&self.missing));
        steps.extend(self.images.steps(&self.image, &wanted.image));
        if self.must_go(wanted) {
            steps.push(step(Verb::Delete, "container group", wanted.group.name()));
        }
        steps.extend(self.group.step());
        if !is_settled || self.group.standing != Standing::Same {
            steps.push(promotion(&self.ledger, wanted));
        }
        Ok(Plan { steps })
    }

    /// Whether the group must be removed first: its size cannot be changed.
    pub(super) fn must_go(&self, wanted: &Wanted) -> bool {
        self.group.found.is_some() && resized(&self.group, wanted)
    }
}

fn promotion(ledger: &Ledger, wanted: &Wanted) -> Step {
    let now = ledger.live.as_ref().map(|live| live.id.as_str());
    let mut step = step(Verb::Promote, "version", &wanted.stamp.id);
    step.differences = vec![differ("version", now, Some(&wanted.stamp.id))];
    step
}

/// The kind cannot run two versions at once.
pub(super) fn indivisible(operation: &str, name: &str, share: Share) -> ProviderError {
    let reason = format!(
        "{share} of the traffic cannot be given to a version: kind `container-instances` runs one \
         at a time"
    );
    let error = failed(ErrorKind::Refused, operation, name, reason);
    error.with_hint("give it all of it, or set `kind: container-apps`, which divides traffic")
}

fn resized(group: &Looked, wanted: &Wanted) -> bool {
    let Some(found) = &group.found else { return false };
    let requests = &found["properties"]["containers"][0]["properties"]["resources"]["requests"];
    let differs = |key: &str, wanted: f64| {
        requests[key].as_f64().is_none_or(|found| (found - wanted).abs() > 0.001)
    };
    differs("cpu", f64::from(wanted.cores)) || differs("memoryInGB", wanted.memory_gb())
}

/// With what the container is told, whose values are no one's business.
fn also(standing: Standing, found: Option<&Value>, wanted: &Wanted) -> Standing {
    let Some(found) = found else { return standing };
    let mut more: Vec<Difference> = Vec::new();
    if !wanted.models.is_empty() && !fetches(found) {
        more.push(differ(&format!("environment.{MODEL_STORE}"), None, Some("set")));
    }
    let live = access::by_key(Told::key_of(found).as_deref());
    more.extend(access::change(Some(live), wanted.config.access));
    match standing {
        standing if more.is_empty() => standing,
        Standing::Same => Standing::Different(more),
        Standing::Different(all) => Standing::Different(all.into_iter().chain(more).collect()),
        other => other,
    }
}
