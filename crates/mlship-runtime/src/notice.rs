//! What the process tells its operator. Who prints it is not known here.

use serde::Serialize;

/// What the operator is told, one JSON line each.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Notice {
    /// The port is bound.
    Listening {
        /// The address, with the port that was given out.
        address: String,
    },
    /// A file of the model is on its way.
    Fetching {
        /// Its path in the bundle.
        path: String,
        /// How much of it is here, in bytes.
        have: u64,
        /// How long it is, in bytes.
        bytes: u64,
    },
    /// A file of the model could not be read on; it is tried again.
    Retrying {
        /// Its path in the bundle.
        path: String,
        /// What went wrong.
        cause: String,
        /// How long is waited before.
        milliseconds: u64,
    },
    /// A file of the model has arrived and is what the bundle says.
    Fetched {
        /// Its path in the bundle.
        path: String,
        /// How long that took.
        milliseconds: u64,
    },
    /// The model is loaded.
    Ready {
        /// How long that took.
        milliseconds: u64,
    },
    /// The weights are laid out for speed; answers come from them from now on.
    Prepacked {
        /// How long that took.
        milliseconds: u64,
    },
    /// The model cannot be loaded.
    Failed {
        /// Why.
        cause: String,
    },
    /// A prediction took longer than its bound; the process is of no more use.
    Overdue,
    /// The host has stopped.
    Stopped,
}

/// Tells the operator.
pub type Tell = fn(&Notice);
