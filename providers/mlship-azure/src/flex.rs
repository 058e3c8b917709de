//! Azure Functions on the Flex Consumption plan: one app, without slots. A new version replaces
//! what runs, and is put back if it answers wrongly; the packages of the live version and of the
//! one before are kept.

mod apply;
mod existing;
mod plan;
mod publish;
mod replace;
mod route;
mod site;
mod wanted;

use std::collections::BTreeMap;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use serde_json::Value;

use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::engine::{Engine, as_wanted};
use crate::error::failed;
use crate::functions::{self, Hosts, Keys, Shown};
use crate::ledger::Ledger;
use crate::names::{PROJECT, Place};
use crate::surroundings::site_id;
use crate::{remove, smoke};
use apply::Work;
use wanted::Wanted;

/// The way of `functions-flex`.
#[derive(Debug)]
pub(crate) struct Flex {
    pub(crate) cloud: Cloud,
}

/// The app of a service, as Azure shows it.
#[derive(Debug, Clone)]
struct App {
    place: Place,
    id: Id,
    found: Value,
}

impl App {
    fn ledger(&self) -> Ledger {
        Ledger::of(&self.found)
    }
}

#[async_trait]
impl Engine for Flex {
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let wanted = Wanted::of(release, &self.cloud)?;
        let existing = existing::look(&self.cloud, &wanted).await?;
        Ok(plan::steps(&existing, &wanted, &plan::changes(&existing, &wanted)?))
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let wanted = &Wanted::of(release, &self.cloud)?;
        Work { cloud: &self.cloud, wanted, progress }.apply(plan).await?;
        let name = &wanted.place.service;
        let made = self.describe(&self.there("look at the app", name).await?);
        as_wanted(made, &wanted.id, release.share)
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        Ok(self.app(name).await?.map(|app| self.describe(&app)))
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        let operation = "invoke the function";
        let app = self.there(operation, name).await?;
        let hosts = Hosts::of(&app.found).filter(|_| app.ledger().live.is_some());
        let Some(hosts) = hosts else {
            let error = failed(ErrorKind::NotFound, operation, name, "no version of it is live");
            return Err(error.with_hint("run `mlship deploy --provider azure` again"));
        };
        let keys = Keys::read(&self.cloud.arm, &app.id).await?;
        let config = &self.cloud.config;
        let access = app.ledger().live.map_or(config.access, |live| live.access);
        let door = functions::door(&hosts, &keys, access);
        smoke::predict(&self.cloud.web, &door, Call { operation, resource: name }, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let app = self.there(route::OPERATION, name).await?;
        let before = app.ledger().versions();
        let from =
            app.ledger().live.and_then(|live| before.iter().find(|one| one.id == live.id).cloned());
        let to = route::route(&self.cloud, &app, route).await?;
        let deployment = self.describe(&self.there("look at the app", name).await?);
        let to = deployment.versions.iter().find(|version| version.id == to).cloned();
        let to = to.ok_or_else(|| {
            failed(
                ErrorKind::Conflict,
                route::OPERATION,
                name,
                "the version was replaced meanwhile",
            )
        })?;
        Ok(Moved { from, to, deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        functions::logs(&self.cloud, name, query).await
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        remove::remove(&self.cloud, name, progress).await
    }
}

impl Flex {
    /// The service's app; `None` when there is none of its own.
    async fn app(&self, name: &str) -> Result<Option<App>, ProviderError> {
        let place = Place::of(&self.cloud.subscription, &self.cloud.config, name);
        let id = site_id(&place, &self.cloud.config);
        let call = Call { operation: "look at the app", resource: name };
        let found = self.cloud.arm.get(call, &id).await?;
        let found = found.filter(|found| found["tags"][PROJECT] == name);
        Ok(found.map(|found| App { place, id, found }))
    }

    async fn there(&self, operation: &str, name: &str) -> Result<App, ProviderError> {
        let app = self.app(name).await?;
        app.ok_or_else(|| failed(ErrorKind::NotFound, operation, name, "it is not deployed"))
    }

    fn describe(&self, app: &App) -> Deployment {
        let scale = &app.found["properties"]["functionAppConfig"]["scaleAndConcurrency"];
        let number = |name: &'static str, value: &Value| {
            value.as_u64().map(|number| (name, number.to_string()))
        };
        let settings: BTreeMap<&'static str, String> = [
            number("memory-mb", &scale["instanceMemoryMB"]),
            number("concurrency", &scale["triggers"]["http"]["perInstanceConcurrency"]),
            number("instances-max", &scale["maximumInstanceCount"]),
            number("instances-min", &scale["alwaysReady"][0]["instanceCount"]),
        ]
        .into_iter()
        .flatten()
        .collect();
        let (place, config) = (&app.place, &self.cloud.config);
        functions::describe(Shown { place, config, app: &app.found, settings })
    }
}
