//! Cloud Run services, from source and from images, against a stand-in of Google Cloud that records
//! and breaks, with a real registry.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

#[path = "functions/accepted.rs"]
mod accepted;
#[path = "gcp/cut.rs"]
mod cut;
#[path = "functions/ends.rs"]
mod ends;
#[path = "gcp/order.rs"]
mod order;
#[path = "gcp/run.rs"]
mod run;
#[path = "gcp/settings.rs"]
mod settings;
#[path = "functions/stage.rs"]
#[expect(dead_code, reason = "the tests of functions use the rest of it")]
mod stage;
#[path = "gcp/transient.rs"]
mod transient;
