//! What exists for a service of container apps, and what must change. Reads only.

use mlship_core::plan::{Plan, Step, Verb};
use mlship_core::provider::ProviderError;
use mlship_core::traffic::Traffic;

use super::found::App;
use super::wanted::Wanted;
use super::{body, environment};
use crate::access;
use crate::connect::Cloud;
use crate::containers::{access_in, step};
use crate::images::{self, Images};
use crate::resource::differ;
use crate::surroundings::{self, Global, Looked};

/// Everything that a plan depends on.
#[derive(Debug, Clone)]
pub(super) struct Existing {
    /// The group, the workspace, and the storage account of models.
    pub(super) around: Vec<Looked>,
    /// Model files that are not there yet.
    pub(super) missing: Vec<usize>,
    pub(super) images: Images,
    pub(super) image: images::Looked,
    pub(super) environment: Looked,
    /// The app beside what it should be, but for its revisions.
    pub(super) outer: Looked,
    pub(super) app: Option<App>,
}

impl Existing {
    pub(super) async fn look(cloud: &Cloud, wanted: &Wanted) -> Result<Self, ProviderError> {
        let Wanted { place, config, models, .. } = wanted;
        let arm = &cloud.arm;
        surroundings::refuse_absent_group(cloud, place).await?;
        let group = surroundings::group(place, config);
        let parts = group.into_iter().chain([body::workspace(wanted)]);
        let parts = parts.chain(models.resources(place, config));
        let around = surroundings::look(arm, parts).await?;
        for part in around.iter().filter(|part| part.resource.noun == "storage account") {
            surroundings::refuse_taken(cloud, part, Global::STORAGE).await?;
        }
        let missing = models.missing(cloud).await?;
        let images = Images::locate(cloud, place).await?;
        let image = images.look(cloud, &wanted.image).await?;
        let environment = surroundings::look(arm, [body::environment(wanted)]).await?.remove(0);
        environment::refuse_profile(cloud, wanted, &environment).await?;
        let server = image.server().unwrap_or_default();
        let outer = body::app(wanted, server, &images.identity);
        let outer = surroundings::look(arm, [outer]).await?.remove(0);
        let app = match &outer.found {
            Some(found) => Some(App::with(arm, &wanted.app, found.clone()).await?),
            None => None,
        };
        Ok(Self { around, missing, images, image, environment, outer, app })
    }

    /// The steps, in the order they are done.
    pub(super) fn plan(&self, wanted: &Wanted) -> Plan {
        let mut steps = surroundings::steps(&self.around);
        steps.extend(wanted.models.steps(&self.missing));
        steps.extend(self.images.steps(&self.image, &wanted.image));
        steps.extend(self.environment.step());
        steps.extend(self.outer.step());
        if self.is_new(wanted) {
            steps.push(step(Verb::Create, "revision", wanted.revision()));
        }
        steps.extend(self.promotion(wanted));
        Plan { steps }
    }

    /// Whether there is no revision of the version yet.
    pub(super) fn is_new(&self, wanted: &Wanted) -> bool {
        self.app.as_ref().is_none_or(|app| app.revision(&wanted.stamp.id).is_none())
    }

    /// Where the traffic is to go; `None` when it goes there.
    pub(super) fn move_to(&self, wanted: &Wanted) -> Option<Traffic> {
        let version = &wanted.stamp.id;
        let Some(now) = self.traffic() else { return Some(Traffic::whole(version)) };
        let then = now.giving(version, wanted.share);
        (then != now).then_some(then)
    }

    pub(super) fn traffic(&self) -> Option<Traffic> {
        self.app.as_ref().and_then(App::traffic)
    }

    fn promotion(&self, wanted: &Wanted) -> Option<Step> {
        let then = self.move_to(wanted)?.words();
        let now = self.traffic().map(|traffic| traffic.words());
        let mut step = step(Verb::Promote, "traffic", wanted.app.name());
        step.differences = vec![differ("version", now.as_deref(), Some(&then))];
        let live = self.traffic().map(|traffic| traffic.live);
        let live = live.and_then(|live| self.app.as_ref()?.revision(&live));
        let live = live.map(|live| access_in(&live.environment));
        step.differences.extend(access::change(live, wanted.config.access));
        Some(step)
    }
}
