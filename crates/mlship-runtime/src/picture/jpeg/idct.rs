//! From coefficients to samples: the accurate whole-number transform of the Independent JPEG
//! Group's `jidctint`, after Loeffler, Ligtenberg and Moschytz (ICASSP 1989).

use std::num::Wrapping;

use super::blocks::Block;

type Number = Wrapping<i32>;

/// How many bits of a constant are behind the point.
const BITS: usize = 13;

/// How many more bits the first pass keeps.
const KEPT: usize = 2;

const fn constant(value: i32) -> Number {
    Wrapping(value)
}

const C0_298: Number = constant(2446);
const C0_390: Number = constant(3196);
const C0_541: Number = constant(4433);
const C0_765: Number = constant(6270);
const C0_899: Number = constant(7373);
const C1_175: Number = constant(9633);
const C1_501: Number = constant(12299);
const C1_847: Number = constant(15137);
const C1_961: Number = constant(16069);
const C2_053: Number = constant(16819);
const C2_562: Number = constant(20995);
const C3_072: Number = constant(25172);

/// Writes the 8 by 8 samples of a block to `onto`, whose rows are `stride` apart.
pub(super) fn transform(block: &Block, quantiser: &[u16; 64], onto: &mut [u8], stride: usize) {
    let value =
        |place: usize| Wrapping(i32::from(block[place])) * Wrapping(i32::from(quantiser[place]));
    let mut middle = [Wrapping(0); 64];
    for column in 0..8 {
        if (1..8).all(|row| block[row * 8 + column] == 0) {
            let flat = value(column) << KEPT;
            (0..8).for_each(|row| middle[row * 8 + column] = flat);
            continue;
        }
        let out = line(std::array::from_fn(|row| value(row * 8 + column)));
        for (row, number) in out.into_iter().enumerate() {
            middle[row * 8 + column] = rounded(number, BITS - KEPT);
        }
    }
    let (rows, _) = middle.as_chunks::<8>();
    for (row, onto) in rows.iter().zip(onto.chunks_mut(stride)) {
        let samples = line(*row).map(|number| {
            (rounded(number, BITS + KEPT + 3).0.wrapping_add(128)).clamp(0, 255) as u8
        });
        onto[..8].copy_from_slice(&samples);
    }
}

fn rounded(number: Number, bits: usize) -> Number {
    (number + (Wrapping(1) << (bits - 1))) >> bits
}

/// Eight numbers of a column or a row, [`BITS`] bits too long.
#[inline]
fn line(x: [Number; 8]) -> [Number; 8] {
    let turn = (x[2] + x[6]) * C0_541;
    let (low, high) = (turn - x[6] * C1_847, turn + x[2] * C0_765);
    let (sum, rest) = ((x[0] + x[4]) << BITS, (x[0] - x[4]) << BITS);
    let even = [sum + high, rest + low, rest - low, sum - high];

    let (near, far) = ((x[7] + x[1]) * -C0_899, (x[5] + x[3]) * -C2_562);
    let both = (x[7] + x[3] + x[5] + x[1]) * C1_175;
    let (first, second) = (both - (x[7] + x[3]) * C1_961, both - (x[5] + x[1]) * C0_390);
    let odd = [
        x[1] * C1_501 + near + second,
        x[3] * C3_072 + far + first,
        x[5] * C2_053 + far + second,
        x[7] * C0_298 + near + first,
    ];
    std::array::from_fn(|place| match place {
        0..=3 => even[place] + odd[place],
        _ => even[7 - place] - odd[7 - place],
    })
}
