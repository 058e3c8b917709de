//! When to try again: a few times, further and further apart, and as the registry asks.

use std::time::Duration;

use reqwest::Url;

use crate::error::{ErrorKind, RegistryError};
use crate::token::is_local;

/// How often something is tried in all before its failure counts.
const TRIES: u32 = 5;

/// The first pause; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// The first pause where no network is between: what does not answer there mostly has ended.
const FIRST_HERE: Duration = Duration::from_millis(100);

/// The longest pause that a registry may ask for.
const LONGEST: Duration = Duration::from_secs(60);

/// A call that failed, perhaps only for now.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: RegistryError,
    /// How long the registry asks to wait.
    pub(crate) wait: Option<Duration>,
    tried: Tried,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Once,
    Enough,
}

impl Failure {
    pub(crate) fn new(error: RegistryError, wait: Option<Duration>) -> Self {
        Self { error, wait, tried: Tried::Once }
    }

    /// A failure that was tried often enough already, further in.
    pub(crate) fn last(error: RegistryError) -> Self {
        Self { error, wait: None, tried: Tried::Enough }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::new(error, None)
    }
}

/// Failures in a row.
#[derive(Debug)]
pub(crate) struct Tries {
    failed: u32,
    first: Duration,
}

impl Default for Tries {
    fn default() -> Self {
        Self { failed: 0, first: FIRST }
    }
}

impl Tries {
    /// None yet, of calls to this address.
    pub(crate) fn of(address: &Url) -> Self {
        match is_local(address) {
            true => Self { failed: 0, first: FIRST_HERE },
            false => Self::default(),
        }
    }

    /// Waits until it is time to try again.
    ///
    /// # Errors
    /// The failure itself, when it is final or was one too many.
    pub(crate) async fn after(&mut self, failure: Failure) -> Result<(), RegistryError> {
        let Failure { mut error, wait, tried } = failure;
        let passes = matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Throttled);
        if !passes || tried == Tried::Enough {
            return Err(error);
        }
        self.failed += 1;
        if self.failed >= TRIES {
            error.reason.push_str(&format!(", {TRIES} times in a row"));
            return Err(error);
        }
        let pause = wait.unwrap_or_default().max(self.first * 2_u32.pow(self.failed - 1));
        if pause > LONGEST {
            let seconds = pause.as_secs();
            return Err(error.with_hint(format!("the registry asks to wait {seconds} seconds")));
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Something went well: the count starts again.
    pub(crate) fn went_well(&mut self) {
        self.failed = 0;
    }
}
