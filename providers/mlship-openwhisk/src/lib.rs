//! Apache OpenWhisk as a place to run services (actions): what the manifest says of it, and what it allows.
//! Nothing here calls the cloud.

pub mod config;
pub mod limits;
