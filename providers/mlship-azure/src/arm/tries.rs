//! Sends a call, and sends it again where that may help. No wait, no answer and no try is without
//! a bound, whatever the other side asks for.

use std::pin::pin;
use std::time::Duration;

use azure_core::Bytes;
use azure_core::error::ErrorKind as Cause;
use azure_core::http::headers::{HeaderName, Headers};
use azure_core::http::{
    AsyncRawResponse, Context, Pipeline, PipelineStreamOptions, RawResponse, Request,
};
use futures_util::StreamExt;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::answer::not_sent;
use super::client::Call;
use crate::error::failed;
use crate::pace::Pace;

/// The longest answer that is read into memory.
const ANSWER_BYTES: usize = 16 << 20;

/// Statuses that may pass by themselves.
const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// Whether a call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    /// As often as the pace says.
    Allowed,
    /// A second one would do harm.
    Harmful,
}

/// The last answer that there was. The pipeline must not repeat calls by itself.
pub(super) async fn send(
    pipeline: &Pipeline,
    pace: &Pace,
    call: Call<'_>,
    request: &mut Request,
    repeats: Repeats,
) -> Result<RawResponse, ProviderError> {
    let mut left = if repeats == Repeats::Allowed { pace.retries } else { 0 };
    let mut backoff = pace.retry_backoff;
    loop {
        let one = one(pipeline, call, request);
        let tried = tokio::time::timeout(pace.longest_try, one).await;
        let tried = tried.map_err(|_| too_slow(call))??;
        let asked = match &tried {
            Ok(answer) if left > 0 && PASSING.contains(&u16::from(answer.status())) => {
                asked(answer.headers())
            }
            Err(cause) if left > 0 && matches!(cause.kind(), Cause::Io | Cause::Connection) => None,
            _ => return tried.map_err(|cause| not_sent(call, cause)),
        };
        left -= 1;
        tokio::time::sleep(backoff.max(asked.unwrap_or_default()).min(pace.poll_max)).await;
        backoff = backoff.saturating_mul(2);
    }
}

/// One try. What came of it is inside; an error outside is not worth another.
async fn one(
    pipeline: &Pipeline,
    call: Call<'_>,
    request: &mut Request,
) -> Result<azure_core::Result<RawResponse>, ProviderError> {
    let options = PipelineStreamOptions { skip_checks: true, ..PipelineStreamOptions::default() };
    match pipeline.stream(&Context::new(), request, Some(options)).await {
        Ok(response) => whole(call, response).await,
        Err(cause) => Ok(Err(cause)),
    }
}

async fn whole(
    call: Call<'_>,
    response: AsyncRawResponse,
) -> Result<azure_core::Result<RawResponse>, ProviderError> {
    let (status, headers, body) = response.deconstruct();
    let (mut body, mut read) = (pin!(body), Vec::new());
    while let Some(piece) = body.next().await {
        let piece: Bytes = match piece {
            Ok(piece) => piece,
            Err(cause) => return Ok(Err(cause)),
        };
        if read.len() + piece.len() > ANSWER_BYTES {
            let reason = format!("the answer is longer than {} MB", ANSWER_BYTES >> 20);
            return Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason));
        }
        read.extend_from_slice(&piece);
    }
    Ok(Ok(RawResponse::from_bytes(status, headers, read)))
}

/// How long the answer asks to wait. A date is not read: Resource Manager writes none.
fn asked(headers: &Headers) -> Option<Duration> {
    let number = |name: &'static str| -> Option<u64> {
        headers.get_optional_str(&HeaderName::from_static(name))?.parse().ok()
    };
    let exact = number("x-ms-retry-after-ms").or_else(|| number("retry-after-ms"));
    exact.map(Duration::from_millis).or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The error of a call whose answer does not come, or does not end, in time.
pub(super) fn too_slow(call: Call<'_>) -> ProviderError {
    let reason = "no whole answer in time";
    let error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason);
    error.with_hint("run the same command again; it goes on where it stopped")
}
