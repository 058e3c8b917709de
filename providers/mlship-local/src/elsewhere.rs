//! What stands in for the provider where Linux programs do not run: it refuses, with the reason.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use mlship_core::deployment::{
    Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route,
};
use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, Provider, ProviderError};
use mlship_core::release::Release;

/// The provider, on a system that cannot run its artifacts.
#[derive(Debug)]
pub struct Local;

impl Local {
    /// Takes what the Linux provider takes, and uses nothing of it.
    pub fn new(_state_root: PathBuf, _supervisor: Vec<OsString>) -> Self {
        Self
    }

    /// Takes what the Linux provider takes, and uses nothing of it.
    #[must_use]
    pub fn of(self, _project: &Path, _others: crate::Others) -> Self {
        self
    }
}

/// Why nothing can be supervised here.
#[derive(Debug, thiserror::Error)]
#[error("an artifact is a Linux program, and this machine does not run Linux")]
pub struct SuperviseError;

/// Refuses.
pub fn supervise(_state: &Path) -> Result<(), SuperviseError> {
    Err(SuperviseError)
}

fn refused<T>(operation: &str, name: &str) -> Result<T, ProviderError> {
    Err(ProviderError {
        kind: ErrorKind::Refused,
        provider: "local",
        operation: operation.into(),
        resource: name.into(),
        reason: SuperviseError.to_string(),
        hints: vec!["deploy to a cloud provider, or run the tool on Linux".into()],
        source: None,
    })
}

#[async_trait]
impl Provider for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError> {
        refused("plan", &release.project.name.value)
    }

    async fn apply(
        &self,
        release: &Release,
        _plan: &Plan,
        _progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError> {
        refused("deploy", &release.project.name.value)
    }

    async fn find(&self, _name: &str) -> Result<Option<Deployment>, ProviderError> {
        Ok(None)
    }

    async fn invoke(&self, name: &str, _request: Request<'_>) -> Result<Answer, ProviderError> {
        refused("invoke", name)
    }

    async fn route(&self, name: &str, _route: &Route) -> Result<Moved, ProviderError> {
        refused("move the traffic of", name)
    }

    async fn logs(&self, name: &str, _query: &LogQuery) -> Result<Vec<LogLine>, ProviderError> {
        refused("read the logs of", name)
    }

    async fn remove(
        &self,
        _name: &str,
        _progress: &dyn Progress,
    ) -> Result<Removed, ProviderError> {
        Ok(Removed::new())
    }
}

/// Nothing is started here.
pub fn end_with_parent(_: &mut std::process::Command) {}
