//! What the state folder says: the service as it is wanted, and what its supervisor is doing.

use serde::{Deserialize, Serialize};

use super::identity::Identity;

/// The form of [`Service`]. Any other is refused.
pub(crate) const FORMAT: u32 = 1;

/// The service as it is wanted. Written by the command, read by the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Service {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
    /// The version that gets the traffic.
    pub(crate) live: u32,
    /// Every version, oldest first.
    pub(crate) versions: Vec<Made>,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Made {
    /// Counts up from 1.
    pub(crate) id: u32,
    /// Content digest of its artifact, in hex; names its folder.
    pub(crate) content_sha256: String,
    /// Memory cap in MiB.
    pub(crate) memory_mb: u32,
    /// The longest a request may take, in seconds.
    pub(crate) timeout_s: u32,
    /// The commit it was made from.
    pub(crate) git_revision: Option<String>,
    /// When it was made, milliseconds since 1970.
    pub(crate) created_ms: i64,
}

impl Service {
    /// The version that gets the traffic.
    pub(crate) fn live(&self) -> Option<&Made> {
        self.version(self.live)
    }

    /// The version called `id`.
    pub(crate) fn version(&self, id: u32) -> Option<&Made> {
        self.versions.iter().find(|made| made.id == id)
    }

    /// The version made before the live one.
    pub(crate) fn before_live(&self) -> Option<&Made> {
        self.versions.iter().filter(|made| made.id < self.live).max_by_key(|made| made.id)
    }

    /// The number of the next version.
    pub(crate) fn next_id(&self) -> u32 {
        self.versions.iter().map(|made| made.id).max().map_or(1, |id| id.saturating_add(1))
    }
}

/// What the supervisor is doing. Written by the supervisor alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Status {
    /// The supervisor's own process.
    pub(crate) supervisor: Identity,
    /// The version it runs.
    pub(crate) version: u32,
    /// The port it gave it.
    pub(crate) port: u16,
    /// The runtime, or why there is none at the moment.
    pub(crate) phase: Phase,
}

/// The runtime's state, as its supervisor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Phase {
    /// It runs.
    Running(Identity),
    /// It ended, and is started again shortly; why it ended, in words.
    Waiting(String),
}
