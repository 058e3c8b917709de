//! Matrices of 32-bit floats to 8-bit integers, symmetric around zero, with one scale a column or
//! a row.
//!
//! Products use 7 of the 8 bits: two products of an unsigned byte and a weight then fit the 16
//! bits in which processors without VNNI add them, so that every processor gives one answer
//! (<https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html>, "u8u8").

use std::io::{self, Write};

/// The largest weight of a product.
const PRODUCT: f32 = 63.0;

/// The largest value of a table that is looked up and not multiplied as an integer.
const LOOKUP: f32 = 127.0;

/// One scale a column: of a matrix `[inputs, columns]` that is multiplied from the right.
pub(crate) fn column_scales(values: &[f32], columns: usize) -> Vec<f32> {
    let mut largest = vec![0f32; columns];
    for row in values.chunks(columns) {
        for (most, value) in largest.iter_mut().zip(row) {
            *most = most.max(value.abs());
        }
    }
    largest.into_iter().map(|most| scale(most, PRODUCT)).collect()
}

/// One scale a row: of a table `[rows, columns]` whose rows are looked up.
pub(crate) fn row_scales(values: &[f32], columns: usize) -> Vec<f32> {
    let most = |row: &[f32]| row.iter().fold(0f32, |most, value| most.max(value.abs()));
    values.chunks(columns).map(|row| scale(most(row), LOOKUP)).collect()
}

/// Writes a matrix divided by its columns' scales.
pub(crate) fn write_columns(values: &[f32], scales: &[f32], to: &mut dyn Write) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(scales.len());
    for row in values.chunks(scales.len().max(1)) {
        bytes.clear();
        bytes.extend(row.iter().zip(scales).map(|(value, scale)| quantized(*value, *scale)));
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// Writes a table divided by its rows' scales.
pub(crate) fn write_rows(
    values: &[f32],
    columns: usize,
    scales: &[f32],
    to: &mut dyn Write,
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(columns);
    for (row, scale) in values.chunks(columns.max(1)).zip(scales) {
        bytes.clear();
        bytes.extend(row.iter().map(|value| quantized(*value, *scale)));
        to.write_all(&bytes)?;
    }
    Ok(())
}

/// What a whole step is worth; 1 where all values are zero.
fn scale(largest: f32, steps: f32) -> f32 {
    let scale = largest / steps;
    if scale.is_normal() { scale } else { 1.0 }
}

fn quantized(value: f32, scale: f32) -> u8 {
    // The cast saturates, and what is not a number becomes zero.
    (value / scale).round_ties_even() as i8 as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_own_scale_and_no_value_moves_by_more_than_half_a_step() {
        let values = [1.0, -100.0, 0.0, -0.5, 50.0, 0.0, 0.25, 3.0, 0.0];
        let scales = column_scales(&values, 3);
        assert_eq!(scales, [1.0 / 63.0, 100.0 / 63.0, 1.0]);
        let mut bytes = Vec::new();
        write_columns(&values, &scales, &mut bytes).unwrap();
        for (at, (byte, value)) in bytes.iter().zip(values).enumerate() {
            let scale = scales[at % 3];
            let back = f32::from(*byte as i8) * scale;
            assert!((back - value).abs() <= scale / 2.0 * 1.001, "{value} became {back}");
            assert!((*byte as i8).abs() <= 63);
        }
    }

    #[test]
    fn every_row_has_its_own_scale() {
        let values = [1.0, -2.0, 300.0, 0.0];
        let scales = row_scales(&values, 2);
        let mut bytes = Vec::new();
        write_rows(&values, 2, &scales, &mut bytes).unwrap();
        let bytes: Vec<i8> = bytes.into_iter().map(|byte| byte as i8).collect();
        assert_eq!(bytes, [64, -127, 127, 0]);
    }
}
