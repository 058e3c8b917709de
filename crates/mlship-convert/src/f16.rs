//! 32-bit floats to 16-bit ones (IEEE 754 binary16), rounded to the nearest.

use std::io::{self, Write};

use half::f16;

/// Floats converted at once.
const AT_ONCE: usize = 1 << 14;

/// Whether every value has a place among 16-bit floats: none becomes infinite.
pub(crate) fn fits(values: &[f32]) -> bool {
    let largest = f16::MAX.to_f32();
    values.iter().all(|value| !value.is_finite() || value.abs() <= largest)
}

/// Writes the values, two bytes each, little end first.
pub(crate) fn write(values: &[f32], to: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(2 * AT_ONCE);
    for some in values.chunks(AT_ONCE) {
        bytes.clear();
        bytes.extend(some.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()));
        to.write_all(&bytes)?;
    }
    Ok(())
}
