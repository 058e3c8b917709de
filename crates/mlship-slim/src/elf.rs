//! Shared libraries: which others they need, how they are made smaller, and what stands in for them.

mod compact;
mod dynamic;
mod stub;
mod used;

pub use compact::compact;
pub(crate) use compact::compact_with;
pub(crate) use dynamic::Dynamic;
pub(crate) use stub::{Export, Standin, Symbols, stub};
pub(crate) use used::Unwinding;
