//! How a kind does what the port promises. Each family of kinds has its own way to keep the old
//! version while a new one is tried.

use std::fmt;

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::apps::Apps;
use crate::config::Kind;
use crate::connect::Cloud;
use crate::error::failed;
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
    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError>;
    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError>;
    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError>;
    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError>;
}

/// What a deploy has made, when the version that has the traffic is the one that was to have all of
/// it: another deploy may have been faster.
///
/// # Errors
/// [`ErrorKind::Conflict`] when another version is live.
pub(crate) fn as_wanted(
    made: Deployment,
    wanted: &str,
    share: Share,
) -> Result<Deployment, ProviderError> {
    let is = made.live.as_deref().unwrap_or("none");
    if share != Share::ALL || is == wanted {
        return Ok(made);
    }
    let reason = format!("another deploy was under way: version `{is}` is live, not `{wanted}`");
    let error = failed(ErrorKind::Conflict, "deploy", &made.name, reason);
    Err(error.with_hint("run `mlship deploy --provider azure` again when nobody else does"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deploy_that_another_one_overtook_is_no_success() {
        let made = |live: Option<&str>| Deployment {
            provider: crate::NAME,
            kind: "web-app",
            name: "heart".into(),
            url: None,
            access: "public".into(),
            state: "ready".into(),
            live: live.map(str::to_owned),
            versions: Vec::new(),
            settings: std::collections::BTreeMap::new(),
        };
        assert!(as_wanted(made(Some("v1")), "v1", Share::ALL).is_ok());
        for live in [Some("v2"), None] {
            let error = as_wanted(made(live), "v1", Share::ALL).expect_err("another is live");
            assert_eq!(error.kind, ErrorKind::Conflict);
            assert!(error.reason.contains("another deploy was under way"), "{error}");
        }
        let tenth = Share::percent(10).expect("a share");
        assert!(as_wanted(made(Some("v2")), "v1", tenth).is_ok());
    }
}
