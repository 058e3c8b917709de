//! How patiently mlship waits for AWS. Tests wait less.

use std::time::Duration;

/// How often to ask again, and when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at a function that is not ready yet.
    pub poll: Duration,
    /// How many looks to take before giving up.
    pub polls: u32,
    /// Before the first new try with a role that Lambda does not know yet; doubled each time.
    pub role_backoff: Duration,
    /// The longest pause between two such tries.
    pub role_backoff_max: Duration,
    /// How many such tries to make before giving up.
    pub role_tries: u32,
    /// The SDK's first pause before it repeats a failed call; it doubles and varies it.
    pub retry_backoff: Duration,
    /// The SDK's longest pause.
    pub retry_backoff_max: Duration,
}

impl Default for Pace {
    /// Five minutes for a function to be ready, as the SDK's own waiters; some five minutes for a
    /// role, which mostly takes seconds.
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            polls: 300,
            role_backoff: Duration::from_secs(1),
            role_backoff_max: Duration::from_secs(15),
            role_tries: 24,
            retry_backoff: Duration::from_secs(1),
            retry_backoff_max: Duration::from_secs(20),
        }
    }
}

impl Pace {
    /// Hardly any pause at all, for a service that answers at once.
    #[must_use]
    pub fn hurried() -> Self {
        let blink = Duration::from_millis(1);
        Self {
            poll: blink,
            polls: 50,
            role_backoff: blink,
            role_backoff_max: blink,
            role_tries: 24,
            retry_backoff: blink,
            retry_backoff_max: blink,
        }
    }
}
