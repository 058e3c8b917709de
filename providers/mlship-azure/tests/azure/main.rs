//! The Azure provider against a stand-in of Azure that records and breaks, with real storage. One
//! program, so that the vendor's crates are linked once.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod access;
mod apps;
mod apps_cut;
mod boxes;
mod flex;
mod flex_cut;
mod flex_models;
mod flex_refusals;
mod flex_transient;
mod group;
mod groups;
mod groups_cut;
mod images;
mod judges;
mod sequence;
mod slots;
mod slots_cut;
mod slots_refusals;
mod slots_stage;
mod stage;
