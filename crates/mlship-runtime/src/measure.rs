//! How long a loaded model takes to answer. Reads the clock; decides nothing.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::problem::Problem;
use crate::service::Service;

/// Answers before those that count: caches fill, and the library plans its memory.
const BEFORE: usize = 2;

/// The fewest answers that count, and how long it goes on.
const FEWEST: usize = 5;
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// How long answers took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Latency {
    /// How many were measured.
    pub answers: usize,
    /// Half of them took no longer.
    pub median_us: u64,
}

/// Answers a request again and again, as a warm process does.
///
/// # Errors
/// When it is not one that the model takes, or the model fails.
pub fn measure(service: &Service, body: &[u8]) -> Result<Latency, Problem> {
    for _ in 0..BEFORE {
        service.answer(body)?;
    }
    let begin = Instant::now();
    let mut took = Vec::new();
    while took.len() < FEWEST || begin.elapsed() < LONG_ENOUGH {
        let start = Instant::now();
        service.answer(body)?;
        took.push(start.elapsed());
    }
    took.sort_unstable();
    let median_us = took.get(took.len() / 2).map_or(0, |median| median.as_micros() as u64);
    Ok(Latency { answers: took.len(), median_us })
}
