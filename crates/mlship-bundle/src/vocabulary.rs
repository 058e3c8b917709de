//! The compiled tokenizer's flat file: laid out so that it is used where it lies, mapped into
//! memory.
//!
//! A [`Header`] comes first, then the sections it names, each starting at a multiple of
//! [`ALIGN`]. All numbers are little-endian, and no index is trusted: a reader checks each where
//! it uses it, so loading costs the same for any vocabulary.
//!
//! What a text becomes, character by character, is in the file as well: a reader needs no tables
//! of Unicode, and what it does cannot differ from what the file was made with.

use bytemuck::{Pod, Zeroable};

use crate::program::Span;

/// The first bytes of the file.
pub const MAGIC: [u8; 8] = *b"mlshipVT";

/// The version of the layout. A reader refuses any other.
pub const VERSION: u32 = 1;

/// What [`Header::byte_order`] reads as on a machine of the right byte order.
pub const BYTE_ORDER: u32 = 0x0102_0304;

/// Every section starts at a multiple of this.
pub const ALIGN: usize = 64;

/// A node that is not there.
pub const ABSENT: u32 = u32::MAX;

/// How many characters of Unicode share a [`Section::Blocks`] entry.
pub const BLOCK: usize = 128;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// [`Node`]s; the first is the root.
    Nodes,
    /// `u32`: for each [`BLOCK`] of characters the number of its run of [`BLOCK`] units.
    Blocks,
    /// `u32`: what each character becomes, see [`mod@unit`].
    Units,
    /// `u32`: units, as ranges that a [`unit::LIST`] names.
    Lists,
    /// [`Added`].
    Added,
    /// UTF-8 bytes, as ranges that [`Added`] names.
    AddedBytes,
    /// [`Special`]: those before the text, then those behind it.
    Specials,
}

/// How many kinds of [`Section`] there are.
pub const SECTIONS: usize = 7;

/// The start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`VERSION`].
    pub version: u32,
    /// [`BYTE_ORDER`].
    pub byte_order: u32,
    /// The length of the file, in bytes.
    pub length: u64,
    /// The node from which the continuation of a word is looked for; [`ABSENT`] when no token
    /// continues one.
    pub continuation: u32,
    /// The id of a word that the vocabulary cannot spell.
    pub unknown: u32,
    /// Words of more characters are unknown.
    pub longest_word: u32,
    /// How many [`Section::Specials`] come before the text.
    pub before: u32,
    /// The type id of the text's tokens.
    pub text_type: u32,
    /// The id of padding.
    pub pad: u32,
    /// The type id of padding.
    pub pad_type: u32,
    /// Texts are padded to a multiple of it; 0 is 1.
    pub pad_multiple: u32,
    /// The largest id that a text can become.
    pub largest: u32,
    /// 1 when padding comes before the text, 0 when behind it.
    pub pads_before: u32,
    /// Where each section is, in the order of [`Section`].
    pub sections: [Span; SECTIONS],
}

/// A node of the vocabulary's double-array trie. The child of node `n` for a byte `b` is node
/// `base + b + 1`, when that node's `parent` is `n`; its child `base` is the end of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Node {
    /// Where its children are; at the end of a token, the token's id.
    pub base: u32,
    /// The node whose child it is; [`ABSENT`] when it is none.
    pub parent: u32,
}

/// A token that is cut out of the text as it was given, before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Added {
    /// Where in [`Section::AddedBytes`].
    pub offset: u32,
    /// How many bytes.
    pub length: u32,
    /// Its id.
    pub id: u32,
    /// [`STRIPS_LEFT`], [`STRIPS_RIGHT`].
    pub flags: u32,
}

/// The white space before the token goes with it.
pub const STRIPS_LEFT: u32 = 1;

/// The white space behind the token goes with it.
pub const STRIPS_RIGHT: u32 = 2;

/// A token around the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Special {
    /// Its id.
    pub id: u32,
    /// Its type id.
    pub type_id: u32,
}

/// What a character becomes: one word of 32 bits.
///
/// Bits 0 to 20 are a code point, 21 and 22 one of the four kinds, 23 to 30 the class by which
/// combining characters are put in order. With bit 31 set it names several instead.
pub mod unit {
    /// The code point that stands for the character itself.
    pub const SAME: u32 = 0x1f_ffff;

    /// The bits of the code point.
    pub const CODE_POINT: u32 = 0x1f_ffff;

    /// Where the two bits of the kind start.
    pub const KIND_SHIFT: u32 = 21;

    /// Part of a word.
    pub const WORD: u32 = 0;

    /// White space: ends a word.
    pub const SPACE: u32 = 1;

    /// A word of its own.
    pub const ALONE: u32 = 2;

    /// Nothing that is seen; characters before it and behind it are put in order apart.
    pub const BARRIER: u32 = 3;

    /// Where the eight bits of the combining class start.
    pub const CLASS_SHIFT: u32 = 23;

    /// Set when bits 8 to 30 are where in [`super::Section::Lists`] the units are, and bits 0
    /// to 7 how many.
    pub const LIST: u32 = 1 << 31;

    /// Nothing at all: a list of none.
    pub const NOTHING: u32 = LIST;

    /// A Hangul syllable, to be taken apart by arithmetic (Unicode, section 3.12).
    pub const HANGUL: u32 = u32::MAX;
}
