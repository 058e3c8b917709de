//! How long a loaded model takes to answer. Reads the clock; decides nothing.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::problem::Problem;
use crate::request::Said;
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
    /// Half of them took no longer, from the request's bytes to the answer's.
    pub median_us: u64,
    /// The same from the model's inputs to the answer's bytes: without reading the request.
    pub run_median_us: u64,
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
    let (mut whole, mut running) = (Vec::new(), Vec::new());
    while whole.len() < FEWEST || begin.elapsed() < LONG_ENOUGH {
        let start = Instant::now();
        let request = service.read(body, Said::NOTHING)?;
        let run = Instant::now();
        service.run(&request)?;
        whole.push(start.elapsed());
        running.push(run.elapsed());
    }
    let answers = whole.len();
    Ok(Latency { answers, median_us: median_us(whole), run_median_us: median_us(running) })
}

fn median_us(mut took: Vec<Duration>) -> u64 {
    took.sort_unstable();
    took.get(took.len() / 2).map_or(0, |median| median.as_micros() as u64)
}
