//! Google Cloud's refusals in the port's words: a kind, what was tried, why, and what the reader
//! can do.

use google_cloud_gax::error::Error;
use mlship_core::provider::{ErrorKind, ProviderError, phrase, plain};

use crate::NAME;

/// What is being done, for the error that may come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// `create the service`.
    pub(crate) operation: &'a str,
    /// Its name.
    pub(crate) resource: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) const fn new(operation: &'a str, resource: &'a str) -> Self {
        Self { operation, resource }
    }
}

/// An error of our own.
pub(crate) fn failed(
    kind: ErrorKind,
    operation: &str,
    resource: &str,
    reason: impl Into<String>,
) -> ProviderError {
    ProviderError::new(kind, NAME, operation, resource, reason)
}

/// An error of one of the vendor's clients.
pub(crate) fn translate(call: Call<'_>, error: Error) -> ProviderError {
    let status = error.http_status_code();
    let kind = status.map_or(ErrorKind::Unavailable, ErrorKind::of_status);
    let reason = match error.status() {
        Some(status) => phrase(&status.message),
        None => plain(kind, status),
    };
    let mut failed = failed(kind, call.operation, call.resource, reason);
    failed.source = Some(Box::new(error));
    failed
}

/// An answer of an API with a status above 299.
pub(crate) fn refused(call: Call<'_>, status: u16, body: &[u8]) -> ProviderError {
    let kind = ErrorKind::of_status(status);
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let reason = match body["error"]["message"].as_str() {
        Some(message) => phrase(message),
        None => plain(kind, Some(status)),
    };
    failed(kind, call.operation, call.resource, reason)
}

/// Whether the words are of a quota that does not fill up again within a minute.
pub(crate) fn is_lasting_quota(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("quota") && !message.contains("per minute") && !message.contains("per day")
}

/// The `error` of a long operation that ended.
pub(crate) fn operation_failed(call: Call<'_>, status: &serde_json::Value) -> ProviderError {
    let reason = phrase(status["message"].as_str().unwrap_or("it failed"));
    failed(ErrorKind::Failed, call.operation, call.resource, reason)
}

/// Whether a refusal is about the project itself, not about who asks.
pub(crate) fn speaks_of_project(_body: &[u8]) -> bool {
    false
}
