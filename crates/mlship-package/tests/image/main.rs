//! Images on disk: built, read by others, saved and loaded, and what they cost in memory.

#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod archive;
mod base;
mod hostile;
mod layout;
mod memory;
mod support;
