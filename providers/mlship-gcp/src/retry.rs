//! What the vendor's clients do when a call fails or is not done yet: they ask again, at our pace.
//!
//! Whatever the method: every call of ours names what it makes, so a second one does no harm.

use std::time::Duration;

use google_cloud_gax::backoff_policy::BackoffPolicy;
use google_cloud_gax::error::Error;
use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::polling_backoff_policy::PollingBackoffPolicy;
use google_cloud_gax::polling_error_policy::PollingErrorPolicy;
use google_cloud_gax::polling_state::PollingState;
use google_cloud_gax::retry_policy::RetryPolicy;
use google_cloud_gax::retry_result::RetryResult;
use google_cloud_gax::retry_state::RetryState;
use google_cloud_gax::retry_throttler::{CircuitBreaker, RetryThrottlerArg};

use crate::pace::Pace;

/// Statuses that may pass by themselves.
pub(crate) const PASSING: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// How many tries may end without an answer in time.
pub(crate) const SILENT_TRIES: u32 = 2;

/// All the policies of a client in one: it goes on while an error may pass and the pace allows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience(pub(crate) Pace);

/// How long to wait after so many failed tries: `retry_backoff`, doubled each time, up to
/// `poll_max`.
pub(crate) fn pause(pace: &Pace, failed_tries: u32) -> Duration {
    let doubled = 1u32.checked_shl(failed_tries.saturating_sub(1)).unwrap_or(u32::MAX);
    pace.retry_backoff.saturating_mul(doubled).min(pace.poll_max)
}

/// Whether the same call may have another answer in a moment.
pub(crate) fn may_pass(error: &Error) -> bool {
    if error.is_io() || error.is_connect() || error.is_timeout() || error.is_transport() {
        return error.http_status_code().is_none_or(|status| PASSING.contains(&status));
    }
    if error.is_transient_and_before_rpc() {
        return true;
    }
    if let Some(status) = error.http_status_code() {
        return PASSING.contains(&status) && !is_used_up(error);
    }
    let code = error.status().map(|status| status.code);
    matches!(code, Some(Code::Unavailable | Code::Internal | Code::ResourceExhausted))
        && !is_used_up(error)
}

/// A quota that does not fill up again by itself within a minute.
fn is_used_up(error: &Error) -> bool {
    error.status().is_some_and(|status| crate::error::is_lasting_quota(&status.message))
}

impl RetryPolicy for Patience {
    fn on_error(&self, state: &RetryState, error: Error) -> RetryResult {
        if !may_pass(&error) {
            RetryResult::Permanent(error)
        } else if state.attempt_count > self.0.retries
            || (error.is_timeout() && state.attempt_count >= SILENT_TRIES)
        {
            RetryResult::Exhausted(error)
        } else {
            RetryResult::Continue(error)
        }
    }
}

impl BackoffPolicy for Patience {
    fn on_failure(&self, state: &RetryState) -> Duration {
        pause(&self.0, state.attempt_count)
    }
}

/// Nothing holds a repetition back but the pace: the same faults lead to the same calls.
pub(crate) fn unhindered() -> RetryThrottlerArg {
    // A failure costs no token, so they never run out.
    CircuitBreaker::new(1, 0, 0).map_or_else(|_| CircuitBreaker::default().into(), Into::into)
}

impl PollingBackoffPolicy for Patience {
    fn wait_period(&self, _: &PollingState) -> Duration {
        self.0.poll
    }
}

impl PollingErrorPolicy for Patience {
    fn on_error(&self, state: &PollingState, error: Error) -> RetryResult {
        if !may_pass(&error) {
            RetryResult::Permanent(error)
        } else if state.attempt_count > self.0.polls {
            RetryResult::Exhausted(error)
        } else {
            RetryResult::Continue(error)
        }
    }

    fn on_in_progress(&self, state: &PollingState, operation: &str) -> Result<(), Error> {
        match state.attempt_count > self.0.polls {
            true => Err(Error::exhausted(format!("the operation {operation} is not done"))),
            false => Ok(()),
        }
    }
}
