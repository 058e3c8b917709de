//! Images on disk: built, read by others, saved and loaded, and what they cost in memory.

mod archive;
mod base;
mod hostile;
mod layout;
mod memory;
mod support;
