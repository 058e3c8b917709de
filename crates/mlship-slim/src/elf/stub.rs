//! A library that stands in for another which nobody calls: of the same name and versions, with
//! the symbols that others import. A function that is called after all says its name and ends the
//! process. Written here byte by byte, so that no assembler or linker is needed.

mod code;
mod data;
mod layout;
mod symbols;
mod tables;
mod write;

use std::collections::BTreeSet;

use symbols::Kind;
pub(crate) use symbols::{Export, Symbols};
pub(crate) use write::stub;

/// What a stub must have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standin {
    /// The name that others need it by.
    pub(crate) soname: String,
    /// The versions that others ask of it.
    pub(crate) versions: BTreeSet<String>,
    /// The symbols that others import.
    pub(crate) symbols: BTreeSet<Export>,
}
