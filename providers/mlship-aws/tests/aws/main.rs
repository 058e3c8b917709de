//! The AWS provider against moto, behind a proxy that records and breaks. One program, so that
//! the SDK is linked once.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod account;
mod concurrency;
mod config;
mod conformance;
mod cut;
mod image;
mod image_cut;
mod image_refusals;
mod life;
mod local_function;
mod models;
mod multipart;
mod refusals;
mod sign_in;
mod stage;
mod store;
mod traffic;
mod transient;
