//! What exists at a provider.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::share::Share;

/// A service as it stands at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
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
    /// The version that gets the traffic, or the most of it that was there first.
    pub live: Option<String>,
    /// The versions that exist, newest first.
    pub versions: Vec<Version>,
    /// Settings worth showing, with their units in the key: `memory-mb`.
    pub settings: BTreeMap<String, String>,
}

/// One version of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Version {
    /// The provider's name for it.
    pub id: String,
    /// Content digest of the artifact it runs, in hex.
    pub content_sha256: Option<String>,
    /// The commit it was made from.
    pub git_revision: Option<String>,
    /// When it was made, RFC 3339, UTC.
    pub created: Option<String>,
    /// Bytes of its artifact as the provider keeps it.
    pub bytes: Option<u64>,
    /// How much of the traffic it gets.
    pub share: Share,
}

/// Where traffic is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// To which version.
    pub to: Destination,
    /// How much of it; the live version keeps the rest.
    pub share: Share,
}

/// Which version traffic is to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The one before the live one; or, while traffic is split, the live one alone.
    Previous,
    /// The newest.
    Newest,
    /// The one of this id.
    Version(String),
}

/// What a change of traffic did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Moved {
    /// The version that was live before.
    pub from: Option<Version>,
    /// The version that the traffic was moved to.
    pub to: Version,
    /// The service as it stands now.
    pub deployment: Deployment,
}

/// A line that a service wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
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

/// What is sent to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// What the body is: `application/json`, `image/png`, ….
    pub media_type: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A request in JSON.
    pub fn json(body: &'a [u8]) -> Self {
        Self { media_type: "application/json", body }
    }
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
