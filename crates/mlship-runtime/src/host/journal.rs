//! Which requests the operator is told of, one line each. Never what was in them.

use std::str::FromStr;

use crate::notice::{Collector, Tell};

/// Which requests the operator is told of.
///
/// Platforms that run functions and containers already write a line a request, and charge for
/// every line: so that by default only requests that ended in a problem are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Log {
    /// All.
    Requests,
    /// Those that a problem was answered to.
    #[default]
    Problems,
    /// None.
    Off,
}

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "requests" => Ok(Log::Requests),
            "problems" => Ok(Log::Problems),
            "off" => Ok(Log::Off),
            _ => Err(format!("`{text}` is none of `requests`, `problems` and `off`")),
        }
    }
}

/// Where requests are told of.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    pub(super) log: Log,
    pub(super) collector: Collector,
    pub(super) tell: Tell,
}
