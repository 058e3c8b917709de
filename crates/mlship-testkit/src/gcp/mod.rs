//! Google Cloud for tests: one server on 127.0.0.1 that stands for the APIs and for every host that
//! it hands out, told apart by path and by `Host`. Google's own discovery documents say what may be
//! asked; it keeps the rules that callers trip over. It runs nothing itself: what is deployed is
//! answered by a function that the test gives.
//!
//! Where things are: `server` says where a call goes, `discovery` finds the method that it is for
//! and checks it, `apis` lists who does what, `state` is all that exists.

mod apis;
mod cloud;
mod control;
mod discovery;
mod effect;
mod error;
mod functions;
mod gate;
pub mod host;
mod hosts;
mod logs;
mod operations;
mod registry;
mod run;
mod server;
mod state;
mod storage;
#[cfg(test)]
mod tests;
mod tokens;
mod usage;

use crate::cloud::http;

pub use crate::cloud::call::{Body, Call, Effect};
pub use crate::cloud::faults::{Cut, Fault, Script};
pub use crate::cloud::served::Served;
pub use cloud::Cloud;

/// The one project there is.
pub const PROJECT: &str = "research-1";
/// Its number.
pub const NUMBER: &str = "415104041262";
/// The region that tests deploy to; there are others.
pub const REGION: &str = "europe-west1";
/// A token; any other is as good, as long as there is one and it is no identity token.
pub const TOKEN: &str = "a-token-for-tests";
/// The method that asks what is deployed whether it comes up, before it is called.
pub const START: &str = "START";
/// What an answer to [`START`] begins with when the container never listens on its port.
pub const NEVER_LISTENS: &str = "never listens";
/// Who the callers of the APIs are.
pub const CALLER: &str = "deployer@research-1.iam.gserviceaccount.com";
