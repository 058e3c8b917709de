//! Real components, sandboxes and the provider contract suite, for tests. Never shipped.

pub mod aws;
pub mod azure;
mod cloud;
pub mod contract;
pub mod engine;
pub mod fixture;
pub mod gcp;
pub mod registry;
pub mod sandbox;
pub mod target;
pub mod tools;
