//! Container groups: one container with an address, and nothing around it. A new version replaces
//! what runs, and is put back if it answers wrongly; the images of the live version and of the one
//! before are kept.

mod apply;
mod body;
mod describe;
mod door;
mod logs;
mod plan;
mod region;
mod replace;
mod route;
mod wanted;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use serde_json::Value;

use self::apply::Work;
use self::plan::Existing;
use self::wanted::{Wanted, group_id};
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::engine::{Engine, as_wanted};
use crate::error::failed;
use crate::ledger::Ledger;
use crate::names::{PROJECT, Place};
use crate::{remove, smoke};

/// The kind `container-instances`.
#[derive(Debug)]
pub(crate) struct Groups {
    pub(crate) cloud: Cloud,
}

/// The group of a service, as Azure shows it.
#[derive(Debug, Clone)]
struct Group {
    place: Place,
    id: Id,
    found: Value,
}

impl Group {
    fn ledger(&self) -> Ledger {
        Ledger::of(&self.found)
    }
}

impl Groups {
    /// The service's group; `None` when there is none of its own.
    async fn group(&self, name: &str) -> Result<Option<Group>, ProviderError> {
        let place = Place::of(&self.cloud.subscription, &self.cloud.config, name);
        let id = group_id(&place);
        let call = Call { operation: "look at the container group", resource: name };
        let found = self.cloud.arm.glance(call, &id, &[]).await?;
        let found = found.filter(|found| found["tags"][PROJECT] == name);
        Ok(found.map(|found| Group { place, id, found }))
    }

    async fn there(&self, operation: &str, name: &str) -> Result<Group, ProviderError> {
        let group = self.group(name).await?;
        group.ok_or_else(|| failed(ErrorKind::NotFound, operation, name, "it is not deployed"))
    }
}

#[async_trait]
impl Engine for Groups {
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let wanted = Wanted::of(release, &self.cloud)?;
        Existing::look(&self.cloud, &wanted).await?.plan(&wanted)
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let wanted = &Wanted::of(release, &self.cloud)?;
        Work { cloud: &self.cloud, release, wanted, progress }.apply(plan).await?;
        let name = &wanted.place.service;
        let made = describe::describe(&self.there("look at the container group", name).await?);
        as_wanted(made, &wanted.stamp.id, release.share)
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        Ok(self.group(name).await?.map(|group| describe::describe(&group)))
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        let operation = "call";
        let group = self.there(operation, name).await?;
        let door = door::of(&group.found).filter(|_| group.ledger().live.is_some());
        let Some(door) = door else {
            let error = failed(ErrorKind::NotFound, operation, name, "no version of it is live");
            return Err(error.with_hint("run `mlship deploy --provider azure` again"));
        };
        smoke::predict(&self.cloud.web, &door, Call { operation, resource: name }, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let group = self.there(route::OPERATION, name).await?;
        let versions = group.ledger().versions();
        let live = group.ledger().live;
        let from = live.and_then(|live| versions.iter().find(|one| one.id == live.id).cloned());
        let to = route::route(&self.cloud, &group, route).await?;
        let deployment =
            describe::describe(&self.there("look at the container group", name).await?);
        let to = deployment.versions.iter().find(|version| version.id == to).cloned();
        let to = to.ok_or_else(|| {
            let reason = "the version was replaced meanwhile";
            failed(ErrorKind::Conflict, route::OPERATION, name, reason)
        })?;
        Ok(Moved { from, to, deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        let group = self.there("read the logs of", name).await?;
        logs::logs(&self.cloud, &group.id, query).await
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        let place = Place::of(&self.cloud.subscription, &self.cloud.config, name);
        remove::with_images(&self.cloud, &place, progress).await
    }
}
