//! Counts values by fixed bounds, without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What one unit of the sum is: values are added up in millionths.
const MILLIONTHS: f64 = 1e6;

/// Values counted by `N` bounds.
pub(super) struct Histogram<const N: usize> {
    bounds: &'static [f64; N],
    /// Of each bound, those above the bound before it.
    counts: [AtomicU64; N],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one with these bounds, which rise.
    pub(super) fn new(bounds: &'static [f64; N]) -> Self {
        let counts = [const { AtomicU64::new(0) }; N];
        Self { bounds, counts, above: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    /// Counts a value, which is not negative.
    pub(super) fn add(&self, value: f64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        place.map_or(&self.above, |place| &self.counts[place]).fetch_add(1, Relaxed);
        self.sum.fetch_add((value * MILLIONTHS) as u64, Relaxed);
    }

    /// For each bound how many values are at most it, then how many there are, and their sum.
    pub(super) fn read(&self) -> ([(f64, u64); N], u64, f64) {
        let mut so_far = 0;
        let below = std::array::from_fn(|place| {
            so_far += self.counts[place].load(Relaxed);
            (self.bounds[place], so_far)
        });
        let count = so_far + self.above.load(Relaxed);
        (below, count, self.sum.load(Relaxed) as f64 / MILLIONTHS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_up_to_each_bound() {
        let histogram = Histogram::new(&[0.1, 1.0]);
        for value in [0.0, 0.1, 0.5, 7.0] {
            histogram.add(value);
        }
        assert_eq!(histogram.read(), ([(0.1, 2), (1.0, 3)], 4, 7.6));
    }
}
