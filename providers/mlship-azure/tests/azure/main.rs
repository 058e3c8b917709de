//! The Azure provider against its stand-in. One program, so that everything is linked once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod judged;
mod judges;
mod sequence;
