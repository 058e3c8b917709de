//! Functions of the second generation, and what all kinds share that is no part of a version: who
//! may call, what is adopted, which APIs are on, what is refused. Against a stand-in of Google
//! Cloud that records and breaks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "functions/accepted.rs"]
mod accepted;
#[path = "functions/access.rs"]
mod access;
#[path = "functions/adoption.rs"]
mod adoption;
#[path = "functions/apis.rs"]
mod apis;
#[path = "functions/cut.rs"]
mod cut;
#[path = "functions/ends.rs"]
mod ends;
#[path = "functions/faults.rs"]
mod faults;
#[path = "functions/life.rs"]
mod life;
#[path = "functions/refusals.rs"]
mod refusals;
#[path = "functions/stage.rs"]
#[expect(dead_code, reason = "the tests of Cloud Run use the rest of it")]
mod stage;
