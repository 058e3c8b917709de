//! Knative as a place to run services (services): what the manifest says of it, and what it allows.
//! Nothing here calls the cloud.

pub mod config;
pub mod limits;
