//! What exists at a provider.

use std::collections::BTreeMap;

use serde::Serialize;

/// A service as it stands at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// `aws`, `local`, ….
    pub provider: &'static str,
    /// How the provider runs it: `lambda-zip`, ….
    pub kind: &'static str,
    /// The service's name.
    pub name: String,
    /// Where it answers.
    pub url: Option<String>,
    /// Who may call it, in a word or two: `private (iam)`, `public`, `this machine`.
    pub access: String,
    /// What the provider says of it: `ready`, `updating`, `failed: …`.
    pub state: String,
    /// The version that gets the traffic.
    pub live: Option<String>,
    /// The versions that exist, newest first.
    pub versions: Vec<Version>,
    /// Settings worth showing, with their units in the key: `memory-mb`.
    pub settings: BTreeMap<String, String>,
}

/// One version of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The provider's name for it.
    pub id: String,
    /// Content digest of the artifact it runs, in hex.
    pub content_sha256: Option<String>,
    /// The commit it was made from.
    pub git_revision: Option<String>,
    /// When it was made, RFC 3339, UTC.
    pub created: Option<String>,
}

/// A line that a service wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// The line, without its end.
    pub text: String,
}

/// Which log lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Only lines at or after this, milliseconds since 1970, UTC.
    pub since_ms: Option<i64>,
    /// At most this many, the newest.
    pub limit: usize,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What `remove` took away, in words: `function heart-disease`. Empty when nothing was there.
pub type Removed = Vec<String>;
