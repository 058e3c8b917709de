//! Resizes with antialias, in the whole numbers that Pillow's `Image.resize` uses: 8-bit samples,
//! weights of 22 bits, first along the rows, then along the columns.

use mlship_bundle::Filter;

use super::Raster;

/// How many bits of a weight are behind the point.
const BITS: u32 = 22;

/// What one half is then, for rounding.
const HALF: i32 = 1 << (BITS - 1);

/// For each new sample along an edge, which of the old ones it is made of.
struct Weights {
    /// The first old sample of each, and how many there are.
    bounds: Vec<(usize, usize)>,
    /// The weights of each, `each` places apart.
    weights: Vec<i32>,
    each: usize,
}

/// The picture, so wide and so high. Neither may be 0.
pub(super) fn resize(raster: Raster, (width, height): (usize, usize), filter: Filter) -> Raster {
    let narrowed = match raster.width == width {
        true => raster,
        false => along_rows(&raster, &Weights::new(raster.width, width, filter)),
    };
    match narrowed.height == height {
        true => narrowed,
        false => along_columns(&narrowed, &Weights::new(narrowed.height, height, filter)),
    }
}

impl Weights {
    fn new(from: usize, to: usize, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let reach = match filter {
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
        } * stretch;
        let each = reach.ceil() as usize * 2 + 1;
        let mut bounds = Vec::with_capacity(to);
        let mut weights = vec![0; to * each];
        let mut row = Vec::with_capacity(each);
        for (place, weights) in weights.chunks_exact_mut(each).enumerate() {
            let center = (place as f64 + 0.5) * scale;
            // A cast to an integer cuts off the fraction, and holds what is negative at 0.
            let start = (center - reach + 0.5) as usize;
            let end = ((center + reach + 0.5) as usize).min(from);
            row.clear();
            row.extend(
                (start..end).map(|at| curve(filter, (at as f64 - center + 0.5) * (1.0 / stretch))),
            );
            let sum: f64 = row.iter().sum();
            for (weight, part) in weights.iter_mut().zip(&row) {
                let part = if sum == 0.0 { *part } else { part / sum };
                *weight = fixed(part);
            }
            bounds.push((start, end - start));
        }
        Self { bounds, weights, each }
    }

    /// For each new sample the first old one and the weights from there.
    fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let rows = self.weights.chunks_exact(self.each);
        self.bounds.iter().zip(rows).map(|((start, count), row)| (*start, &row[..*count]))
    }
}

/// A filter's curve at a distance.
fn curve(filter: Filter, at: f64) -> f64 {
    const A: f64 = -0.5;
    let at = at.abs();
    match filter {
        Filter::Bilinear if at < 1.0 => 1.0 - at,
        Filter::Bicubic if at < 1.0 => ((A + 2.0) * at - (A + 3.0)) * at * at + 1.0,
        Filter::Bicubic if at < 2.0 => (((at - 5.0) * at + 8.0) * at - 4.0) * A,
        _ => 0.0,
    }
}

fn fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1u32 << BITS);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

fn sample(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

fn along_rows(raster: &Raster, weights: &Weights) -> Raster {
    let Raster { width, height, channels, samples } = raster;
    let new_width = weights.bounds.len();
    let mut new = vec![0; new_width * height * channels];
    let rows =
        samples.chunks_exact(width * channels).zip(new.chunks_exact_mut(new_width * channels));
    for (old, new) in rows {
        match channels {
            1 => row::<1>(old, new, weights),
            _ => row::<3>(old, new, weights),
        }
    }
    Raster { width: new_width, height: *height, channels: *channels, samples: new }
}

fn row<const CHANNELS: usize>(old: &[u8], new: &mut [u8], weights: &Weights) {
    let (old, _) = old.as_chunks::<CHANNELS>();
    let (new, _) = new.as_chunks_mut::<CHANNELS>();
    for (new, (start, weights)) in new.iter_mut().zip(weights.iter()) {
        let mut sums = [HALF; CHANNELS];
        for (pixel, weight) in old[start..].iter().zip(weights) {
            for (sum, sample) in sums.iter_mut().zip(pixel) {
                *sum = sum.wrapping_add(i32::from(*sample).wrapping_mul(*weight));
            }
        }
        *new = sums.map(sample);
    }
}

fn along_columns(raster: &Raster, weights: &Weights) -> Raster {
    let Raster { width, channels, samples, .. } = raster;
    let stride = width * channels;
    let new_height = weights.bounds.len();
    let mut new = Vec::with_capacity(stride * new_height);
    let mut sums = vec![0i32; stride];
    for (start, weights) in weights.iter() {
        sums.fill(HALF);
        for (row, weight) in samples.chunks_exact(stride).skip(start).zip(weights) {
            for (sum, sample) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add(i32::from(*sample).wrapping_mul(*weight));
            }
        }
        new.extend(sums.iter().map(|sum| sample(*sum)));
    }
    Raster { width: *width, height: new_height, channels: *channels, samples: new }
}
