//! The port: what mlship asks of any place that runs code.

mod error;
mod words;

use std::fmt;

use async_trait::async_trait;

use crate::deployment::{Answer, Deployment, LogLine, LogQuery, Moved, Removed, Request, Route};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::release::Release;

pub use error::{ErrorKind, ProviderError};
pub use words::{REPEATED, harmless, phrase, plain};

/// A place that can run a service.
///
/// # Contract
/// `plan` reads and never writes. `apply` looks again, and refuses with [`ErrorKind::Conflict`]
/// when what it would do is no longer the plan it was given. It sends the release's samples to
/// the new version and only then moves the traffic, as much of it as the release says; on failure
/// traffic stays where it was. After
/// `apply` succeeds `plan` is empty and `find` sees what was made. After a failure half-way,
/// `plan` and `apply` again finish the job, and `remove` cleans up. `remove` of an absent
/// service succeeds. All state is at the provider. Every provider runs
/// `mlship_testkit::contract`.
#[async_trait]
pub trait Provider: fmt::Debug + Send + Sync {
    /// `aws`, `azure`, `gcp`, `openwhisk`, `knative`, `local`.
    fn name(&self) -> &'static str;
    /// What `apply` would do.
    async fn plan(&self, release: &Release) -> Result<Plan, ProviderError>;
    /// Does it.
    async fn apply(
        &self,
        release: &Release,
        plan: &Plan,
        progress: &dyn Progress,
    ) -> Result<Deployment, ProviderError>;
    /// What exists under this service's name.
    async fn find(&self, name: &str) -> Result<Option<Deployment>, ProviderError>;
    /// Sends a prediction request, with the caller's own credentials.
    async fn invoke(&self, name: &str, request: Request<'_>) -> Result<Answer, ProviderError>;
    /// Moves traffic between versions that exist; nothing is built or sent. A version that gets
    /// no traffic yet is moved to whatever `share` says; moving what is there already is done at
    /// once.
    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError>;
    /// What the service wrote, oldest first.
    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError>;
    /// Removes everything that mlship made for the service, and nothing else.
    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError>;
}
