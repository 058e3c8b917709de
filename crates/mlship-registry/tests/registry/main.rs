//! The client against a real registry, whole and broken.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod base;
mod faults;
mod fetch;
mod image;
mod killed;
mod logins;
mod pieces;
mod push;
mod stage;
