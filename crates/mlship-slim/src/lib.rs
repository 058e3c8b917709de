//! Python dependencies without what a model does not use.

mod elf;

pub use elf::compact;
