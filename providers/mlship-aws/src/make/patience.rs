//! Tries again while Lambda does not know yet of what was just made: a role, a repository's policy.

use std::future::Future;
use std::time::Duration;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;

use crate::pace::Pace;

/// What Lambda says of a role that it cannot take on, or does not know yet.
const ROLE_UNKNOWN: &str = "cannot be assumed";
/// What Lambda says of an image that it may not read yet, or that is not there yet.
const IMAGE_UNKNOWN: [&str; 2] =
    ["does not have permission to access the ECR image", "Source image"];

/// Sends a call until its answer is more than that Lambda does not know something yet.
pub(crate) async fn patiently<T, E, Sent>(
    pace: &Pace,
    progress: &dyn Progress,
    send: impl Fn() -> Sent,
) -> Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata,
    Sent: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
{
    let mut patience = Patience::new(pace);
    loop {
        let given = send().await;
        match given.as_ref().err().and_then(unknown) {
            Some(what) if patience.pause(what, progress).await => {}
            _ => return given,
        }
    }
}

/// What Lambda does not know of yet, when that is why it refused. It has no code of its own for
/// a role that it cannot take on or an image that it may not read; only its sentence tells.
fn unknown<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&'static str> {
    let message = error.as_service_error()?.message()?;
    if message.contains(ROLE_UNKNOWN) {
        Some("waiting for the role to be known")
    } else if IMAGE_UNKNOWN.iter().any(|words| message.contains(words)) {
        Some("waiting for the image to be readable by Lambda")
    } else {
        None
    }
}

/// The same error with what helps against it.
pub(crate) fn explain(error: ProviderError) -> ProviderError {
    if error.reason.contains(IMAGE_UNKNOWN[0]) {
        let error = error.with_hint("a new repository policy can take a minute; run it again");
        let policy = "if it stays so, a policy of the organisation may keep Lambda from reading it";
        return error.with_hint(policy);
    }
    if error.reason.contains(IMAGE_UNKNOWN[1]) {
        return error.with_hint("run the same command again; what is missing is sent then");
    }
    if error.reason.contains("media type") || error.reason.contains("is not a valid image") {
        let hint = "Lambda takes one image, no index, of gzip layers, for the one architecture";
        return error.with_hint(hint);
    }
    if !error.reason.contains(ROLE_UNKNOWN) {
        return error;
    }
    let hint = "a new role can take minutes to be known; run the same command again";
    let error = error.with_hint(hint);
    error.with_hint("a role of your own must trust `lambda.amazonaws.com`")
}

/// How many more times a role or an image is tried, and after what pause.
struct Patience {
    tries_left: u32,
    next: Duration,
    longest: Duration,
}

impl Patience {
    fn new(pace: &Pace) -> Self {
        Self {
            tries_left: pace.role_tries,
            next: pace.role_backoff,
            longest: pace.role_backoff_max,
        }
    }

    /// False when there is no patience left.
    async fn pause(&mut self, what: &str, progress: &dyn Progress) -> bool {
        let Some(left) = self.tries_left.checked_sub(1) else { return false };
        progress.step(what);
        tokio::time::sleep(self.next).await;
        self.tries_left = left;
        self.next = self.longest.min(self.next * 2);
        true
    }
}
