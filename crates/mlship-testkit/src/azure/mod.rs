//! Azure for tests: one server on 127.0.0.1 that stands for Resource Manager and for every host
//! that it hands out, told apart by path and by `Host`. It keeps the rules that callers trip over;
//! it runs nothing itself: what is deployed is answered by a function that the test gives.
//!
//! Where things are: `server` says where a call goes, `arm` routes a call to a resource type,
//! `resource_type` says what a type must do, `types` lists them, `state` is all that exists.

mod arm;
mod checks;
mod cloud;
mod containers;
mod control;
mod effect;
mod error;
mod groups;
pub mod host;
mod id;
mod insights;
pub mod judges;
mod operations;
mod refusals;
mod resource_type;
pub mod sequence;
mod server;
mod state;
mod storage;
mod tags;
#[cfg(test)]
mod tests;
mod types;
mod web;

use crate::cloud::{call, faults, http};

pub use call::{Body, Call, Effect};
pub use cloud::{Cloud, Served};
pub use faults::{Cut, Fault, Script};

/// The one subscription there is.
pub const SUBSCRIPTION: &str = "6b1f3c52-0d7e-4a51-9a55-3f0c2b7d9e10";
/// The tenant that it belongs to.
pub const TENANT: &str = "0f4e7a9c-5b21-4c88-8d3a-7e6f1b2c3d4e";
/// A token; any other is as good, as long as there is one.
pub const TOKEN: &str = "a-token-for-tests";
/// The object id of whoever calls.
pub(crate) const CALLER: &str = "9d2c8e41-7f36-4b0a-b1c5-52ad06e8f734";
