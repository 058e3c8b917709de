//! One scan's share of a block, in a progressive file.

use super::Cause;
use super::bits::{Bits, Codes};
use super::blocks::{Block, ZIGZAG, difference};
use super::header::Scan;

/// What a scan carries from block to block.
#[derive(Default)]
pub(super) struct Run {
    /// So many blocks more have nothing in this band.
    empty: u32,
}

/// Adds the scan's share of the DC coefficient.
pub(super) fn dc(
    bits: &mut Bits<'_>,
    codes: Option<&Codes>,
    scan: &Scan,
    before: &mut i32,
    block: &mut Block,
) -> Result<(), Cause> {
    if scan.high > 0 {
        if bits.is_set() {
            block[0] |= 1 << scan.low;
        }
        return Ok(());
    }
    let codes = codes.ok_or("a table of codes is missing")?;
    block[0] = difference(bits, codes, before)?.wrapping_shl(scan.low.into()) as i16;
    Ok(())
}

/// Adds the scan's share of the AC coefficients.
pub(super) fn ac(
    bits: &mut Bits<'_>,
    codes: &Codes,
    scan: &Scan,
    run: &mut Run,
    block: &mut Block,
) -> Result<(), Cause> {
    match scan.high {
        0 => first(bits, codes, scan, run, block),
        _ => refine(bits, codes, scan, run, block),
    }
}

fn first(
    bits: &mut Bits<'_>,
    codes: &Codes,
    scan: &Scan,
    run: &mut Run,
    block: &mut Block,
) -> Result<(), Cause> {
    if run.empty > 0 {
        run.empty -= 1;
        return Ok(());
    }
    let (mut place, last) = scan.band;
    while place <= last {
        let symbol = bits.symbol(codes)?;
        let (zeros, length) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match (zeros, length) {
            (15, 0) => place += 16,
            (zeros, 0) => {
                run.empty = (1 << zeros) + bits.take(zeros as u32) - 1;
                break;
            }
            _ => {
                place += zeros;
                if place > last {
                    return Err("a block has too many coefficients");
                }
                let number = bits.number(length).wrapping_shl(scan.low.into());
                block[usize::from(ZIGZAG[place])] = number as i16;
                place += 1;
            }
        }
    }
    Ok(())
}

fn refine(
    bits: &mut Bits<'_>,
    codes: &Codes,
    scan: &Scan,
    run: &mut Run,
    block: &mut Block,
) -> Result<(), Cause> {
    let (mut place, last) = scan.band;
    let one = 1i16 << scan.low;
    while run.empty == 0 && place <= last {
        let symbol = bits.symbol(codes)?;
        let (zeros, length) = (u32::from(symbol >> 4), symbol & 15);
        let new = match (zeros, length) {
            (15, 0) => 0,
            (_, 0) => {
                run.empty = (1 << zeros) + bits.take(zeros);
                break;
            }
            (_, 1) if bits.is_set() => one,
            (_, 1) => -one,
            _ => return Err("a coefficient is refined by more than a bit"),
        };
        place = pass(bits, block, (place, last), one, zeros);
        if place <= last && new != 0 {
            block[usize::from(ZIGZAG[place])] = new;
        }
        place += 1;
    }
    if run.empty > 0 {
        pass(bits, block, (place, last), one, u32::MAX);
        run.empty -= 1;
    }
    Ok(())
}

/// Refines the coefficients that are there already, up to the one behind so many zeros: its place.
fn pass(
    bits: &mut Bits<'_>,
    block: &mut Block,
    (from, last): (usize, usize),
    one: i16,
    mut zeros: u32,
) -> usize {
    for place in from..=last {
        let coefficient = &mut block[usize::from(ZIGZAG[place])];
        if *coefficient == 0 {
            if zeros == 0 {
                return place;
            }
            zeros -= 1;
        } else if bits.is_set() && *coefficient & one == 0 {
            let step = if *coefficient > 0 { one } else { -one };
            *coefficient = coefficient.wrapping_add(step);
        }
    }
    last + 1
}
