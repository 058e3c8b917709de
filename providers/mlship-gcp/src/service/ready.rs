//! Waits for a revision, and tells why it does not start.

use mlship_core::notice::words;
use mlship_core::provider::{ErrorKind, ProviderError, harmless};

use super::found::{Readiness, Revision, look_at_revision};
use super::logs;
use crate::connect::Cloud;
use crate::error::{Call, failed, not_ready};
use crate::names::Place;

/// What is tried here, in words.
const OPERATION: &str = "start the revision";

/// How many lines of its log an error tells.
const LINES: usize = 5;

/// Waits until the revision serves.
///
/// # Errors
/// [`ErrorKind::Failed`] with Google's words and the last lines that it wrote, when it does not.
pub(crate) async fn until_up(
    cloud: &Cloud,
    place: &Place,
    name: &str,
) -> Result<Revision, ProviderError> {
    for _ in 0..cloud.pace.polls {
        let found = look_at_revision(cloud, place, name).await?;
        match found.as_ref().map(|found| &found.readiness) {
            Some(Readiness::Up) => return found.ok_or_else(|| not_up(name, "it is gone")),
            Some(Readiness::Failed(why)) => {
                return Err(with_lines(cloud, place, name, told(name, why)).await);
            }
            // One that was just made may not be seen yet.
            None | Some(Readiness::Busy) => {}
        }
        tokio::time::sleep(cloud.pace.poll).await;
    }
    let late = not_up(name, "it does not serve in the time that mlship waits");
    Err(with_lines(cloud, place, name, late).await)
}

fn not_up(name: &str, why: &str) -> ProviderError {
    failed(ErrorKind::Failed, OPERATION, name, why)
}

/// Google's words with the line to change.
fn told(name: &str, why: &str) -> ProviderError {
    let error = not_ready(Call::new(OPERATION, name), why);
    // What it did not say by itself is that it was made and does not work.
    match error.kind {
        ErrorKind::Refused | ErrorKind::Unavailable => {
            ProviderError { kind: ErrorKind::Failed, ..error }
        }
        _ => error,
    }
}

/// The last lines of its log say more than Google does. Without a right to read them it is as well.
async fn with_lines(
    cloud: &Cloud,
    place: &Place,
    name: &str,
    mut error: ProviderError,
) -> ProviderError {
    for line in logs::tail(cloud, place, name, LINES).await.unwrap_or_default() {
        error = error.with_hint(format!("it wrote: {}", harmless(&words(&line.text))));
    }
    error
}
