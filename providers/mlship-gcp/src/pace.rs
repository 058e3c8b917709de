//! How patiently mlship waits for Google Cloud. Tests wait less.

use std::time::Duration;

/// How often to ask again, and when to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two looks at something that is not ready yet.
    pub poll: Duration,
    /// The longest pause that an answer's `Retry-After` may ask for, and that a backoff reaches.
    pub poll_max: Duration,
    /// How many looks to take before giving up.
    pub polls: u32,
    /// How many times a version that may still be starting is called before giving up.
    pub starts: u32,
    /// Before a failed call is repeated; it doubles, up to `poll_max`.
    pub retry_backoff: Duration,
    /// How often a failed call is repeated.
    pub retries: u32,
    /// How long one try of a call to an API may take, and the first token, to the last byte of its answer. After two
    /// tries that took so long the other side is taken to be dead.
    pub longest_call: Duration,
    /// The same for one that carries a file, or a piece of one.
    pub longest_try: Duration,
}

impl Default for Pace {
    /// Some half an hour for an operation: a revision takes seconds, a function's build minutes.
    /// Three minutes for a version to start.
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            poll_max: Duration::from_secs(60),
            polls: 1800,
            starts: 180,
            retry_backoff: Duration::from_secs(1),
            retries: 4,
            longest_call: Duration::from_secs(30),
            longest_try: Duration::from_secs(300),
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
            poll_max: blink,
            polls: 200,
            starts: 20,
            retry_backoff: blink,
            retries: 3,
            longest_call: Duration::from_secs(60),
            longest_try: Duration::from_secs(60),
        }
    }
}
