//! Google Cloud as a place to run services (Cloud Run and Cloud Functions): what the manifest says of it, and what it allows.
//! Nothing here calls the cloud.

pub mod artifact;
pub mod config;
pub mod limits;
