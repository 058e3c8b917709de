//! How long a host that says a deadline leaves for an answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is kept back of the time that is granted, to send the reply in.
const MARGIN: Duration = Duration::from_millis(200);

/// The time from now on until so many milliseconds after 1970; without end where none is said.
pub(super) fn until(deadline_ms: Option<u64>) -> Duration {
    let Some(deadline) = deadline_ms else { return Duration::MAX };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now).saturating_sub(MARGIN)
}
