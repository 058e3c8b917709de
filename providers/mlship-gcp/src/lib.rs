//! Google Cloud as a place to run services: Cloud Run and its functions.
//!
//! The vendor's credentials crate reads the environment; nothing else here does, and nothing
//! prints.

mod callers;
pub mod config;
mod connect;
mod error;
pub mod limits;
mod names;
mod pace;
mod rest;
mod retry;
mod stamp;

pub use config::{Config, schema};
pub use connect::{Adopt, Identity, Options};
pub use pace::Pace;

/// The provider's name.
const NAME: &str = "gcp";
