//! The hosts: thin adapters between what calls the process and the service. None of them knows a
//! model.

pub mod address;
mod ask;
mod body;
mod desk;
mod documents;
pub mod door;
pub mod http;
pub mod key;
pub mod lambda;
mod openapi;
mod page;
mod predict;
mod routes;
mod v2;
mod vertex;

use std::time::Duration;

pub use crate::notice::{Notice, Tell};
use crate::setup::Setup;
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
}

/// Why a host ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// A prediction took longer than its bound and still runs.
    Overdue,
}
