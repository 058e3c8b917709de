//! How weights are kept of which some are 16-bit floats: half as long as what the engine reads.
//!
//! The file begins with [`MAGIC`]. Segments follow until its end, each with a head of
//! [`HEAD_BYTES`] bytes, two 64-bit numbers with the little end first: the segment's [`Kind`] and
//! how many bytes follow. What the engine reads is the segments one after the other, without their
//! heads, halves (IEEE 754 binary16) made into 32-bit floats.

/// The first bytes of the file.
pub const MAGIC: [u8; 8] = *b"MLPHALF1";

/// The length of a segment's head, in bytes.
pub const HEAD_BYTES: usize = 16;

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bytes as they are.
    Plain,
    /// 16-bit floats.
    Half,
}

impl Kind {
    /// The number in a segment's head.
    pub fn number(self) -> u64 {
        match self {
            Kind::Plain => 0,
            Kind::Half => 1,
        }
    }

    /// The kind of a number; `None` when there is none.
    pub fn of(number: u64) -> Option<Self> {
        [Kind::Plain, Kind::Half].into_iter().find(|kind| kind.number() == number)
    }

    /// How many bytes the engine reads for `length` bytes of a segment; `None` when that overflows.
    pub fn expanded(self, length: u64) -> Option<u64> {
        match self {
            Kind::Plain => Some(length),
            Kind::Half => length.checked_mul(2),
        }
    }
}

/// A segment's head.
pub fn head(kind: Kind, length: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    let (first, second) = head.split_at_mut(8);
    first.copy_from_slice(&kind.number().to_le_bytes());
    second.copy_from_slice(&length.to_le_bytes());
    head
}
