//! Shared libraries: which others they need, and how they are made smaller.

mod compact;
mod dynamic;

pub use compact::compact;
pub(crate) use dynamic::Dynamic;
