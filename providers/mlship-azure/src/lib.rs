//! Azure as a place to run services (Azure Functions, Container Apps, Container Instances and Web App): what the manifest says of it, and what it allows.
//! Nothing here calls the cloud.

pub mod artifact;
pub mod config;
pub mod limits;
