//! The hosts: thin adapters between what calls the process and the service. None of them knows a
//! model.

pub mod http;
pub mod lambda;
mod predict;
mod routes;

use std::time::Duration;

use serde::Serialize;

/// What a host tells the operator, one JSON line each.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Notice {
    /// The port is bound.
    Listening {
        /// The address, with the port that was given out.
        address: String,
    },
    /// The model is loaded.
    Ready {
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

/// How a host runs.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Threads that one prediction of a neural network may use.
    pub threads: usize,
    /// The longest that the head of a request, or its body, may take to arrive.
    pub arrival: Duration,
}

/// Why a host ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// A prediction took longer than its bound and still runs.
    Overdue,
}
