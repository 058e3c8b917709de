//! What Azure Resource Manager answered, and its refusals in the port's words.

use std::time::Duration;

use azure_core::http::{RawResponse, headers::HeaderName};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::client::Call;
use crate::error::{failed, refused};

/// An answer that is no refusal.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Null when there was none.
    pub(crate) body: Value,
    /// Where an operation tells how it goes, as `{"status": …}`.
    pub(super) operation: Option<String>,
    /// Where its outcome will be.
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<Duration>,
}

/// The answer, or the refusal that it is.
pub(super) fn read(call: Call<'_>, response: &RawResponse) -> Result<Answer, ProviderError> {
    let status = u16::from(response.status());
    let body: &[u8] = response.body();
    if status > 299 {
        return Err(refused(call.operation, call.resource, status, body));
    }
    let body = match body {
        [] => Value::Null,
        body => serde_json::from_slice(body).map_err(|cause| {
            let reason = "the answer is not JSON";
            let mut error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason);
            error.source = Some(Box::new(cause));
            error
        })?,
    };
    let header = |name: &'static str| {
        response.headers().get_optional_str(&HeaderName::from_static(name)).map(str::to_owned)
    };
    Ok(Answer {
        status,
        body,
        operation: header("azure-asyncoperation"),
        location: header("location"),
        retry_after: header("retry-after")
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs),
    })
}

/// The body, where it must be an object: what tells of nothing does not say that nothing is there.
pub(super) fn resource(call: Call<'_>, body: Value) -> Result<Value, ProviderError> {
    if body.is_object() {
        return Ok(body);
    }
    let reason = "the answer is not a resource";
    Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason))
}

/// A call that got no answer, or was never made.
pub(super) fn not_sent(call: Call<'_>, cause: azure_core::Error) -> ProviderError {
    use azure_core::error::ErrorKind::Credential;
    let (kind, reason) = match cause.kind() {
        Credential => (ErrorKind::Denied, "signing in failed"),
        _ => (ErrorKind::Unavailable, "the connection failed"),
    };
    let mut error = failed(kind, call.operation, call.resource, reason);
    error.hints.push(
        match kind {
            ErrorKind::Denied => {
                "sign in with `az login`, or set the variables of a workload identity"
            }
            _ => "run the same command again; it goes on where it stopped",
        }
        .to_owned(),
    );
    error.source = Some(Box::new(cause));
    error
}
