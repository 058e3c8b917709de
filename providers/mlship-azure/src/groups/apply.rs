//! Makes what exists into what is wanted: looks, changes, and looks again when Azure objects.

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use super::body::{self, Told, fetches};
use super::plan::Existing;
use super::region;
use super::replace::Replacing;
use super::wanted::Wanted;
use crate::arm::Call;
use crate::blob::Store;
use crate::connect::Cloud;
use crate::containers::new_key;
use crate::error::failed;
use crate::images::Pull;
use crate::names::MODELS;
use crate::surroundings;

/// How often a conflict leads to another look.
const ROUNDS: u32 = 8;

/// What a deploy works with.
pub(super) struct Work<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) release: &'a Release,
    pub(super) wanted: &'a Wanted,
    pub(super) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Carries out `plan`, if it is still what would be done.
    pub(super) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let Self { cloud, wanted, .. } = self;
        let mut existing = Existing::look(cloud, wanted).await?;
        if existing.plan(wanted)? != *plan {
            let reason = "what exists is no longer what the plan was made for";
            let error = failed(ErrorKind::Conflict, "deploy", &wanted.place.service, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        for round in 1.. {
            if existing.plan(wanted)?.is_empty() {
                break;
            }
            match self.carry_out(&existing).await {
                Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                    tokio::time::sleep(cloud.pace().poll).await;
                    existing = Existing::look(cloud, wanted).await?;
                }
                Err(error) => return Err(region::explain(cloud, wanted, error).await),
                Ok(()) => break,
            }
        }
        Ok(())
    }

    async fn carry_out(&self, existing: &Existing) -> Result<(), ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        for part in &existing.around {
            surroundings::make(&cloud.arm, part, progress).await?;
        }
        let models = wanted.models.upload(cloud, &existing.missing, progress).await?;
        let pull = existing.images.make(cloud, &existing.image, &wanted.image, progress).await?;
        if existing.must_go(wanted) {
            let name = wanted.group.name();
            progress.step(&format!("delete container group {name}: its size cannot be changed"));
            let call = Call { operation: "delete the container group", resource: name };
            cloud.arm.delete(call, &wanted.group).await?;
        }
        if existing.ledger.live.is_none() && wanted.share != Share::ALL {
            progress.step("the first version gets all traffic, as there is no other");
        }
        let replacing = Replacing {
            cloud,
            group: &wanted.group,
            images: &existing.images,
            ledger: &existing.ledger,
            told: &self.told(existing, models).await?,
            body: &|pull: &Pull| self.body(existing, pull),
            progress,
        };
        replacing.with(wanted.stamp.clone(), &pull, &release.samples).await
    }

    fn body(&self, existing: &Existing, pull: &Pull) -> serde_json::Value {
        let identity = pull.identity.as_str();
        let group = body::group(self.wanted, &pull.server, &pull.image, identity);
        group.over(existing.group.found.as_ref())
    }

    /// A key that is there stays, and so does the place of the models: the version before may
    /// fetch some.
    async fn told(
        &self,
        existing: &Existing,
        models: Option<String>,
    ) -> Result<Told, ProviderError> {
        let Self { cloud, wanted, .. } = *self;
        let found = existing.group.found.as_ref();
        let key = match (wanted.asks_for_key(), found.and_then(Told::key_of)) {
            (false, _) => None,
            (true, Some(key)) => Some(key),
            (true, None) => Some(new_key(&wanted.place.service)?),
        };
        let models = match models {
            None if found.is_some_and(fetches) => {
                let account = surroundings::storage_id(&wanted.place, &wanted.config);
                Some(Store::open(cloud, &account).await?.readable(MODELS, None))
            }
            models => models,
        };
        Ok(Told { key, models })
    }
}
