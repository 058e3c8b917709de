//! Google Cloud as a place to run services: Cloud Run and its functions.
//!
//! The vendor's credentials crate reads the environment; nothing else here does, and nothing
//! prints.

pub mod artifact;
pub mod base;
mod callers;
pub mod config;
mod connect;
mod download;
mod error;
pub mod limits;
mod names;
mod pace;
mod rest;
mod retry;
mod service;
mod stamp;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{Provider, ProviderError};
use mlship_core::release::Release;

pub use config::{Access, Config, Cpu, Gpu, Ingress, Instances, Kind, Secret, schema};
pub use connect::{Adopt, Identity, Options};
pub use download::download_with;
pub use mlship_registry::logins::Sources;
pub use pace::Pace;

/// What the manifest and the commands call this provider.
pub const NAME: &str = "gcp";

/// Google Cloud, in one project and region.
#[derive(Debug)]
pub struct Gcp {
    cloud: connect::Cloud,
}

impl Gcp {
    /// Signs in.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`](mlship_core::provider::ErrorKind::Denied) without usable credentials,
    /// [`ErrorKind::Refused`](mlship_core::provider::ErrorKind::Refused) when the endpoint is none.
    pub async fn connect(config: Config, options: Options) -> Result<Self, ProviderError> {
        Ok(Self { cloud: connect::connect(config, options).await? })
    }
}

#[async_trait]
impl Provider for Gcp {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        service::plan(&self.cloud, release).await
    }

    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        service::apply(&self.cloud, release, plan, progress).await
    }

    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError> {
        service::find(&self.cloud, name).await
    }

    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError> {
        service::invoke(&self.cloud, name, request).await
    }

    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError> {
        service::route(&self.cloud, name, route).await
    }

    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        service::logs(&self.cloud, name, query).await
    }

    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError> {
        service::remove(&self.cloud, name, progress).await
    }
}
