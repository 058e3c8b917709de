//! The classical model's flat file: laid out so that it is used where it lies, mapped into memory.
//!
//! A [`Header`] comes first, then the sections it names, each starting at a multiple of [`ALIGN`].
//! All numbers are little-endian. Everything refers to everything else by index, and no index is
//! trusted: a reader checks each where it uses it, so loading costs the same for any model.

mod operators;
mod records;
mod trees;
mod words;

pub use operators::*;
pub use records::*;
pub use trees::*;
pub use words::Words;

/// The first bytes of the file.
pub const MAGIC: [u8; 8] = *b"mlshipPR";

/// The version of the layout. A reader refuses any other.
pub const VERSION: u32 = 1;

/// What [`Header::byte_order`] reads as on a machine of the right byte order.
pub const BYTE_ORDER: u32 = 0x0102_0304;

/// Every section, and every array in [`Section::Elements`], starts at a multiple of this.
pub const ALIGN: usize = 64;

/// A slot, text or graph that is not there.
pub const ABSENT: u32 = u32::MAX;
