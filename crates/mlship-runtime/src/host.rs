//! The hosts: thin adapters between what calls the process and the service. None of them knows a
//! model.

pub mod action_loop;
pub mod address;
mod ask;
mod attend;
mod body;
mod correlation;
mod deadline;
mod desk;
mod documents;
pub mod door;
pub mod http;
pub mod journal;
pub mod key;
pub mod lambda;
mod lines;
mod metrics;
mod openapi;
mod page;
mod place;
mod predict;
mod routes;
pub mod stdio;
mod v2;
mod vertex;

use std::time::Duration;

pub use crate::notice::{Collector, Notice, Tell};
use crate::setup::Setup;
use journal::Log;
use key::Key;

/// How a host runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How the model is loaded.
    pub setup: Setup,
    /// The longest that the head of a request, or its body, may take to arrive.
    pub arrival: Duration,
    /// What callers over HTTP must show; `None` lets everybody in.
    pub key: Option<Key>,
    /// How HTTP responses go back to Lambda.
    pub responses: Responses,
    /// Which requests the operator is told of.
    pub log: Log,
    /// Who collects what the operator is told.
    pub collector: Collector,
}

/// How HTTP responses go back to Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responses {
    /// Whole, as JSON; of at most 6 MB.
    Whole,
    /// As they come: the function's address is set to `RESPONSE_STREAM`, which Lambda does not tell
    /// the function.
    Streamed,
}

/// Why a host ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// A prediction took longer than its bound and still runs.
    Overdue,
}

/// For the fuzz targets: an event of Lambda's.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz_event(bytes: &[u8]) {
    lambda::fuzz(bytes);
}

/// For the fuzz targets: a request that the Functions host wraps.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz_invocation(bytes: &[u8]) {
    http::fuzz(bytes);
}

/// For the fuzz targets: what is said of a bundle that can be served.
#[cfg(any(fuzzing, test))]
pub(crate) fn fuzz_bundle(bundle: &mlship_bundle::Bundle) {
    openapi::fuzz(bundle);
}
