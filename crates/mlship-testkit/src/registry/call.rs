//! A call that reached the proxy.

use std::fmt;

/// A request, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Whether it came with a login or a token.
    pub authorized: bool,
    /// How many bytes of its body came.
    pub sent: u64,
    /// What was answered; `None` when the connection was dropped.
    pub status: Option<u16>,
}

impl Call {
    /// Whether it changes anything in the registry.
    pub fn writes(&self) -> bool {
        !["GET", "HEAD"].contains(&self.method.as_str())
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "{} {path}", self.method)
    }
}
