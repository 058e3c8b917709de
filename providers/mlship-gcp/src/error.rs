//! Google Cloud's refusals in the port's words: a kind, what was tried, why, and what the reader
//! can do.

use google_cloud_gax::error::Error;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use crate::NAME;

mod meaning;
mod missing;
mod refusal;
#[cfg(test)]
mod tests;

use refusal::Refusal;

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
    // A refusal's words are the reason already: the crate's own around them say nothing more.
    if let Some(status) = error.status() {
        let status = serde_json::to_value(status).unwrap_or_default();
        return meaning::of(call, &Refusal::of_status(error.http_status_code(), &status));
    }
    let mut failed = without_words(call, &error);
    failed.source = Some(Box::new(error));
    failed
}

/// An answer of an API with a status above 299.
pub(crate) fn refused(call: Call<'_>, status: u16, body: &[u8]) -> ProviderError {
    meaning::of(call, &Refusal::of_answer(status, body))
}

/// The `error` of a long operation that ended.
pub(crate) fn operation_failed(call: Call<'_>, status: &Value) -> ProviderError {
    meaning::of(call, &Refusal::of_status(None, status))
}

/// What a condition of a service or revision says when it is not as it should be.
pub(crate) fn not_ready(call: Call<'_>, message: &str) -> ProviderError {
    meaning::of(call, &Refusal { message: message.to_owned(), ..Refusal::default() })
}

/// Whether the words are of a quota that does not fill up again within a minute.
pub(crate) fn is_lasting_quota(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("quota") && !message.contains("per minute") && !message.contains("per 100 sec")
}

/// Whether a refusal is about the project itself, not about who asks.
pub(crate) fn speaks_of_project(body: &[u8]) -> bool {
    let refusal = Refusal::of_answer(403, body);
    meaning::is_of_project(&refusal)
}

/// Whether a call failed because an API of the project is off.
pub(crate) fn is_api_off(error: &ProviderError) -> bool {
    meaning::is_api_off(error)
}

fn without_words(call: Call<'_>, error: &Error) -> ProviderError {
    let rerun = "run the same command again; it goes on where it stopped";
    let (kind, reason, hint) = if error.is_authentication() {
        let hint = "sign in again with `gcloud auth application-default login`";
        (ErrorKind::Denied, "no token was given".to_owned(), hint)
    } else if error.is_timeout() || error.is_exhausted() {
        (ErrorKind::Unavailable, "no answer in time".to_owned(), rerun)
    } else if let Some(status) = error.http_status_code() {
        let kind = ErrorKind::of_status(status);
        (kind, mlship_core::provider::plain(kind, Some(status)), rerun)
    } else if error.is_io() || error.is_connect() || error.is_transport() {
        (ErrorKind::Unavailable, "the connection failed".to_owned(), rerun)
    } else if error.is_binding() {
        (ErrorKind::Refused, "a name in the request is wrong".to_owned(), "check the manifest")
    } else {
        (ErrorKind::Unavailable, "the answer could not be read".to_owned(), rerun)
    };
    failed(kind, call.operation, call.resource, reason).with_hint(hint)
}
