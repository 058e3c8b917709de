//! Container apps. Each version is a revision of one app; a new one gets no traffic until it has
//! answered the samples at an address of its own, and then as much as it is to get.

mod apply;
mod body;
mod describe;
mod environment;
mod found;
mod logs;
mod plan;
mod revision;
mod route;
mod secrets;
mod stream;
mod traffic;
mod wanted;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use self::apply::Work;
use self::found::App;
use self::plan::Existing;
use self::wanted::{Wanted, app_id};
use crate::arm::Call;
use crate::connect::Cloud;
use crate::engine::{Engine, as_wanted};
use crate::error::failed;
use crate::names::Place;
use crate::{remove, smoke};

/// The kind `container-apps`.
#[derive(Debug)]
pub(crate) struct Apps {
    cloud: Cloud,
}

impl Apps {
    pub(crate) fn new(cloud: Cloud) -> Self {
        Self { cloud }
    }

    fn place(&self, name: &str) -> Place {
        Place::of(&self.cloud.subscription, &self.cloud.config, name)
    }

    /// The app of a service, when it is mlship's.
    async fn look(&self, name: &str) -> Result<Option<App>, ProviderError> {
        let place = self.place(name);
        App::look(&self.cloud.arm, &app_id(&place, &self.cloud.config), name).await
    }

    async fn app(&self, operation: &str, name: &str) -> Result<App, ProviderError> {
        let found = self.look(name).await?;
        found.ok_or_else(|| {
            let group = self.place(name).group;
            let reason = format!("there is no such container app in `{}`", group.name());
            failed(ErrorKind::NotFound, operation, name, reason)
        })
    }

    fn describe(&self, app: &App, name: &str) -> Deployment {
        describe::describe(app, &self.place(name))
    }
}

#[async_trait]
impl Engine for Apps {
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let wanted = Wanted::of(release, &self.cloud)?;
        let existing = Existing::look(&self.cloud, &wanted).await?;
        Ok(existing.plan(&wanted))
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let wanted = &Wanted::of(release, &self.cloud)?;
        Work { cloud: &self.cloud, release, wanted, progress }.apply(plan).await?;
        let name = &release.project.name.value;
        let app = self.app("look at the container app", name).await?;
        as_wanted(self.describe(&app, name), &wanted.stamp.id, release.share)
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        Ok(self.look(name).await?.map(|app| self.describe(&app, name)))
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        let operation = "call";
        let app = self.app(operation, name).await?;
        let door = secrets::door(&self.cloud.arm, &app).await?;
        smoke::predict(&self.cloud.web, &door, Call { operation, resource: name }, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let before = self.app(route::OPERATION, name).await?;
        let to = route::route(&self.cloud, name, &before, route).await?;
        let from = describe::live(&before);
        let deployment = self.describe(&self.app("look at the container app", name).await?, name);
        let to = deployment.versions.iter().find(|version| version.id == to).cloned();
        let to = to.ok_or_else(|| {
            failed(ErrorKind::Conflict, route::OPERATION, name, "the version was removed meanwhile")
        })?;
        Ok(Moved { from, to, deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        let app = self.app("read the logs of", name).await?;
        logs::logs(&self.cloud, &self.place(name), &app, query).await
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        let place = self.place(name);
        remove::with_images(&self.cloud, &place, progress).await
    }
}
