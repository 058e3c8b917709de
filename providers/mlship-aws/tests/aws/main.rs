//! The AWS provider against moto, behind a proxy that records and breaks. One program, so that
//! the SDK is linked once.

mod account;
mod conformance;
mod cut;
mod life;
mod refusals;
mod sign_in;
mod stage;
mod store;
mod transient;
