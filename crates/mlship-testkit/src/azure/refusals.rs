//! The faults that a script asks for, in Resource Manager's words.

use super::error::error;
use super::http::Response;
use crate::cloud::faults::{Fault, Script};

/// What is answered instead of the call.
pub(super) fn refusal(script: &Script, fault: Fault) -> Response {
    let wait = script.retry_after.to_string();
    match fault {
        Fault::Throttled => {
            let message = "The request is being throttled as the limit has been reached.";
            error(429, "TooManyRequests", message).with("retry-after", &wait)
        }
        Fault::Conflict => {
            let message = "Cannot modify this resource because another operation is in progress.";
            error(409, "Conflict", message)
        }
        Fault::Busy => error(503, "ServiceUnavailable", "The service is unavailable.")
            .with("retry-after", &wait),
        _ => error(500, "InternalServerError", "Encountered internal server error."),
    }
}
