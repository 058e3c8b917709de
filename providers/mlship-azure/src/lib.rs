//! Azure as a place to run services: Functions, Container Apps, Container Instances and Web App.
//!
//! A new version is checked before it gets the traffic, in a slot or a revision of its own where
//! the kind has those. Everything that is made is tagged `mlship:project`, and nothing without
//! that tag is touched. No state is kept outside Azure.

mod access;
mod apps;
mod arm;
pub mod artifact;
mod blob;
pub mod config;
mod connect;
mod containers;
mod engine;
mod error;
mod flex;
mod functions;
mod groups;
mod images;
mod ledger;
pub mod limits;
mod names;
mod pace;
mod remove;
mod resource;
mod schema;
pub mod sizes;
mod slots;
mod smoke;
mod stamp;
mod surroundings;
mod web;

use async_trait::async_trait;
use mlship_core::deployment::{Answer, Deployment, LogLine, LogQuery, Moved, Removed, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;

pub use crate::config::{Access, Config, Instances, Kind, Package};
pub use crate::connect::{Identity, Options};
pub use crate::pace::Pace;
pub use crate::schema::schema;
pub use mlship_registry::logins::Sources;

use crate::engine::Engine;

/// What the manifest and the commands call this provider.
pub const NAME: &str = "azure";

/// Azure, in one subscription and location.
#[derive(Debug)]
pub struct Azure {
    engine: Box<dyn Engine>,
}

impl Azure {
    /// Signs in, and asks for the subscription where neither the manifest nor `options` names it.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`] without usable credentials,
    /// [`ErrorKind::Refused`] when the subscription is
    /// not clear.
    pub async fn connect(config: Config, options: Options) -> Result<Self, ProviderError> {
        let cloud = connect::connect(config, options).await?;
        Ok(Self { engine: engine::of(cloud) })
    }
}

#[async_trait]
impl Provider for Azure {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        self.engine.plan(release).await
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        self.engine.apply(release, plan, progress).await
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        self.engine.find(name).await
    }

    async fn invoke(&self, name: &str, request: &[u8]) -> Result<Answer, ProviderError> {
        self.engine.invoke(name, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        self.engine.route(name, route).await
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        let lines = self.engine.logs(name, query).await?;
        if lines.is_empty() && self.engine.find(name).await?.is_none() {
            let reason = "there is no such service in this subscription";
            return Err(error::failed(ErrorKind::NotFound, "read the logs of", name, reason));
        }
        Ok(lines)
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        self.engine.remove(name, progress).await
    }
}
