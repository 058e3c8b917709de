//! Kinds whose apps have slots: a new version is deployed to the slot, sent the samples there, and
//! swapped with what is live. Going back is another swap.
//!
//! What a place (the site, or its slot) runs is known by its own settings, which go with it when
//! places are swapped; the tags of the site say which version was found right there.

mod apply;
mod bodies;
mod changes;
mod describe;
mod existing;
mod logs;
mod look;
mod place;
mod program;
mod promote;
mod remove;
mod route;
mod settings;
mod steps;
mod wanted;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::{Progress, Silent};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::arm::Call;
use crate::config::Kind;
use crate::connect::Cloud;
use crate::containers;
use crate::engine::{Engine, as_wanted};
use crate::error::failed;
use crate::functions;
use crate::names::PROJECT;
use crate::smoke;
use crate::stamp::Stamp;

use apply::Work;
use look::App;
use program::Names;
use wanted::Wanted;

/// Azure Functions with slots, and web apps.
#[derive(Debug)]
pub(crate) struct Slots {
    pub(crate) cloud: Cloud,
}

impl Slots {
    fn names(&self, service: &str) -> Names {
        Names::of(&self.cloud.subscription, &self.cloud.config, service)
    }

    /// The service's own app; `None` when it is not there, or was not made by mlship.
    async fn app(&self, names: &Names) -> Result<Option<App>, ProviderError> {
        let app = look::look(&self.cloud.arm, &names.site).await?;
        Ok(app.filter(|app| app.site.found["tags"][PROJECT] == names.place.service.as_str()))
    }

    async fn there(&self, names: &Names, operation: &str) -> Result<App, ProviderError> {
        let service = &names.place.service;
        let app = self.app(names).await?;
        app.ok_or_else(|| failed(ErrorKind::NotFound, operation, service, "it is not there"))
    }

    async fn described(&self, names: &Names) -> Result<Option<Deployment>, ProviderError> {
        let Some(app) = self.app(names).await? else { return Ok(None) };
        let call = Call { operation: "look at the plan", resource: names.plan.name() };
        let plan = self.cloud.arm.get(call, &names.plan).await?.unwrap_or_default();
        Ok(Some(describe::describe(names, &app, &plan)))
    }
}

#[async_trait]
impl Engine for Slots {
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let wanted = &Wanted::of(&self.cloud, release).await?;
        Work { cloud: &self.cloud, release, wanted, progress: &Silent }.plan().await
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let wanted = &Wanted::of(&self.cloud, release).await?;
        Work { cloud: &self.cloud, release, wanted, progress }.apply(plan).await?;
        let names = &wanted.program.names;
        let service = &names.place.service;
        let made = self.described(names).await?;
        let gone = || failed(ErrorKind::Failed, "deploy", service, "it is gone again");
        as_wanted(made.ok_or_else(gone)?, &wanted.program.stamp.id, release.share)
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        self.described(&self.names(name)).await
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        let names = self.names(name);
        let operation = "invoke the service";
        let call = Call { operation, resource: name };
        let found = self.cloud.arm.get(call, &names.site).await?;
        let found = found.filter(|found| found["tags"][PROJECT] == name);
        let Some(found) = found else {
            return Err(failed(ErrorKind::NotFound, operation, name, "it is not there"));
        };
        let hosts = promote::hosts(name, &found)?;
        let arm = &self.cloud.arm;
        let settings = functions::Settings::read(arm, &names.site).await?;
        let door = match names.kind {
            Kind::WebApp => promote::web_door(&hosts, &settings),
            _ => {
                let keys = functions::Keys::read(arm, &names.site).await?;
                let runs = settings.get(containers::STAMP).and_then(Stamp::read);
                let access = runs.map_or(names.access, |runs| runs.access);
                functions::door(&hosts, &keys, access)
            }
        };
        smoke::predict(&self.cloud.web, &door, call, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let names = self.names(name);
        let app = self.there(&names, "move the traffic of").await?;
        let (from, to) = route::route(&self.cloud, &names, &app, route).await?;
        let deployment = self.described(&names).await?;
        let gone = || failed(ErrorKind::Failed, "move the traffic of", name, "it is gone");
        let deployment = deployment.ok_or_else(gone)?;
        let share = |stamp: &Stamp| match deployment.live.as_ref() == Some(&stamp.id) {
            true => Share::ALL,
            false => Share::NONE,
        };
        Ok(Moved { from: Some(from.version(share(&from))), to: to.version(share(&to)), deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        let names = self.names(name);
        match names.kind {
            Kind::WebApp => {
                self.there(&names, "read the logs of").await?;
                logs::logs(&self.cloud, &names.site, query).await
            }
            _ => functions::logs(&self.cloud, name, query).await,
        }
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        remove::remove(&self.cloud, &self.names(name), progress).await
    }
}
