//! AWS Lambda: runs a zip or a container image as a function behind a function URL.
//!
//! A version is published and checked before the alias `live` moves to it. Everything that is
//! made is tagged `mlship:project`, and nothing without that tag is touched. No state is kept
//! outside AWS. Only `find` and what it calls read; only `make` and `remove` write.

mod apply;
mod concurrency;
pub mod config;
mod connect;
mod describe;
mod download;
mod error;
mod event;
mod find;
mod image;
mod invoke;
pub mod limits;
mod logs;
mod make;
mod models;
mod names;
mod pace;
mod plan;
pub mod python;
mod remove;
mod route;
mod schema;
mod setup;
mod smoke;
mod stage;
mod stamp;
mod steps;
mod traffic;
mod wait;
mod wanted;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;

pub use crate::config::Config;
pub use crate::connect::{Keys, Options};
pub use crate::download::{download, download_with};
pub use crate::pace::Pace;
pub use crate::schema::schema;
pub use crate::stage::LocalFunction;
pub use mlship_registry::logins::Sources;

use crate::apply::Work;
use crate::connect::Clients;
use crate::error::failed;
use crate::find::function::Function;
use crate::names::Account;
use crate::remove::Removal;
use crate::wanted::Wanted;

/// What the manifest and the commands call this provider.
pub const NAME: &str = "aws";

/// AWS Lambda, in one account and region.
#[derive(Debug, Clone)]
pub struct Aws {
    clients: Clients,
    account: Account,
    config: Config,
    pace: Pace,
}

impl Aws {
    /// Signs in and asks AWS whose account it is, which is one call.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] without usable credentials, [`ErrorKind::Refused`] without a region.
    pub async fn connect(config: Config, options: Options) -> Result<Self, ProviderError> {
        let (clients, account) = connect::connect(&config, &options).await?;
        Ok(Self { clients, account, config, pace: options.pace })
    }

    async fn function(&self, operation: &str, name: &str) -> Result<Function, ProviderError> {
        let found = find::function::look(&self.clients, name).await?;
        found.ok_or_else(|| {
            let reason = format!("there is no such function in {}", self.account.region);
            failed(ErrorKind::NotFound, operation, name, reason)
        })
    }

    fn describe(&self, name: &str, function: &Function) -> Deployment {
        describe::describe(name, function, &self.account)
    }
}

#[async_trait]
impl Provider for Aws {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        let Self { clients, account, config, .. } = self;
        let wanted = Wanted::of(release, config, account)?;
        let existing = find::look(clients, account, &wanted).await?;
        Ok(steps::plan(&plan::changes(&existing, &wanted, account)?, &wanted, account))
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        let Self { clients, account, config, pace } = self;
        let wanted = &Wanted::of(release, config, account)?;
        Work { clients, account, pace, release, wanted, progress }.apply(plan).await?;
        let function = self.function("look at the function", &wanted.name).await?;
        Ok(self.describe(&wanted.name, &function))
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        let found = find::function::look(&self.clients, name).await?;
        Ok(found.map(|function| self.describe(name, &function)))
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        invoke::predict(&self.clients, name, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        let before = self.function(route::OPERATION, name).await?;
        let to = route::route(&self.clients, name, &before, route).await?;
        let from = before.live().map(|live| describe::shared(&before, live));
        let function = self.function("look at the function", name).await?;
        let deployment = self.describe(name, &function);
        let to = deployment.versions.iter().find(|version| version.id == to).cloned();
        let to = to.ok_or_else(|| {
            failed(ErrorKind::Conflict, route::OPERATION, name, "the version was deleted meanwhile")
        })?;
        Ok(Moved { from, to, deployment })
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        logs::logs(&self.clients, name, query).await
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        let Self { clients, account, config, pace } = self;
        let bucket = config.bucket.as_deref();
        let kind = config.kind;
        let repository = &image::repository(config, name);
        Removal { clients, account, pace, name, bucket, kind, repository, progress }.run().await
    }
}
