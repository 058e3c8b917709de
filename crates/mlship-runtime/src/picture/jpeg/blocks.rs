//! The coefficients of one block, as a baseline scan has them.

use super::Cause;
use super::bits::{Bits, Codes};

/// The coefficients of a block, row by row.
pub(super) type Block = [i16; 64];

/// Where each coefficient of a scan is in its block.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Reads a block. `before` is the DC coefficient of the one before it, and becomes this one's.
pub(super) fn read(
    bits: &mut Bits<'_>,
    dc: &Codes,
    ac: &Codes,
    before: &mut i32,
) -> Result<Block, Cause> {
    let mut block = [0; 64];
    block[0] = difference(bits, dc, before)? as i16;
    let mut place = 1;
    while place < 64 {
        let symbol = bits.symbol(ac)?;
        let (zeros, length) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, length) {
            (15, 0) => place += 16,
            (_, 0) => break,
            _ => {
                place += zeros;
                let at = ZIGZAG.get(place).ok_or("a block has too many coefficients")?;
                block[usize::from(*at)] = bits.number(length) as i16;
                place += 1;
            }
        }
    }
    Ok(block)
}

/// The next DC coefficient, which is told by its distance from the one before.
pub(super) fn difference(bits: &mut Bits<'_>, dc: &Codes, before: &mut i32) -> Result<i32, Cause> {
    let length = bits.symbol(dc)?;
    if length > 15 {
        return Err("a coefficient is too long");
    }
    *before = before.wrapping_add(bits.number(length.into()));
    Ok(*before)
}
