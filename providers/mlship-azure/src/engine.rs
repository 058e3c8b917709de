//! How a kind does what the port promises. Each family of kinds has its own way to keep the old
//! version while a new one is tried.

use std::fmt;

use async_trait::async_trait;
use mlship_core::deployment::{Answer, Deployment, LogLine, LogQuery, Moved, Removed, Route};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;
use mlship_core::release::Release;

use crate::apps::Apps;
use crate::config::Kind;
use crate::connect::Cloud;
use crate::flex::Flex;
use crate::groups::Groups;
use crate::slots::Slots;

/// What [`mlship_core::provider::Provider`] promises, for the kinds of one family.
#[async_trait]
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError>;
    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError>;
    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError>;
    async fn invoke(&self, name: &str, request: &[u8]) -> Result<Answer, ProviderError>;
    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError>;
    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError>;
    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError>;
}

/// The way of the kind that the manifest chose.
pub(crate) fn of(cloud: Cloud) -> Box<dyn Engine> {
    match cloud.config.kind {
        Kind::FunctionsFlex => Box::new(Flex { cloud }),
        Kind::ContainerApps => Box::new(Apps::new(cloud)),
        Kind::ContainerInstances => Box::new(Groups { cloud }),
        Kind::FunctionsPremium | Kind::FunctionsDedicated | Kind::WebApp => {
            Box::new(Slots { cloud })
        }
    }
}
