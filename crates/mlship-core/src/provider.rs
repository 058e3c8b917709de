//! The port: what mlship asks of any place that runs code.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;

use crate::deployment::{Answer, Deployment, LogLine, LogQuery, Moved, Removed, Route};
use crate::plan::Plan;
use crate::progress::Progress;
use crate::release::Release;

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
    async fn invoke(&self, name: &str, request: &[u8]) -> Result<Answer, ProviderError>;
    /// Moves traffic between versions that exist; nothing is built or sent. A version that gets
    /// no traffic yet is moved to whatever `share` says; moving what is there already is done at
    /// once.
    async fn route(&self, name: &str, route: &Route) -> Result<Moved, ProviderError>;
    /// What the service wrote, oldest first.
    async fn logs(&self, name: &str, query: &LogQuery) -> Result<Vec<LogLine>, ProviderError>;
    /// Removes everything that mlship made for the service, and nothing else.
    async fn remove(&self, name: &str, progress: &dyn Progress) -> Result<Removed, ProviderError>;
}

/// What went wrong, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No credentials, or they are not allowed to do this.
    Denied,
    /// It is not there.
    NotFound,
    /// Somebody else changes it, or it is not what was planned for.
    Conflict,
    /// Too many calls.
    Throttled,
    /// A quota of the account is used up.
    Quota,
    /// No answer, or the provider's own fault.
    Unavailable,
    /// The provider did it, and it does not work.
    Failed,
    /// The new version answered the samples wrongly.
    Verification,
    /// The provider refused the request.
    Refused,
}

/// Why a provider could not do something. The SDK's own error is the source.
#[derive(Debug)]
pub struct ProviderError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// `aws`, ….
    pub provider: &'static str,
    /// What was tried: `create the function`.
    pub operation: String,
    /// To what: the function's name.
    pub resource: String,
    /// Why, in the provider's words or ours; one lower-case phrase.
    pub reason: String,
    /// What the reader can do.
    pub hints: Vec<String>,
    /// The cause.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, operation, resource, reason, .. } = self;
        write!(f, "could not {operation} `{resource}` on {provider}: {reason}")
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
