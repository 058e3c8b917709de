//! What is counted of requests, for `GET /metrics`. Counting takes no lock, and nothing that a
//! caller writes becomes a label.

mod histogram;
mod text;

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlship_bundle::Bundle;

use super::place::Place;
use crate::problem::Kind;
use histogram::Histogram;

/// The media type of the text format that Prometheus reads
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Classes of status: 1xx to 5xx.
const CLASSES: usize = 5;

/// The bounds of how long requests take, in seconds: a tree model answers in the first, a large
/// network within the last.
const SECONDS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

/// The bounds of how many examples one run of the model has.
const EXAMPLES: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The counts of a process.
pub(super) struct Metrics {
    model: Labels,
    requests: [[AtomicU64; CLASSES]; Place::COUNT],
    problems: [AtomicU64; Kind::ALL.len()],
    durations: [Histogram<{ SECONDS.len() }>; Place::COUNT],
    in_flight: AtomicI64,
    left: AtomicU64,
    /// Requests that wait for the model.
    pub(super) queued: AtomicUsize,
    /// Connections that are open.
    pub(super) connections: AtomicUsize,
    /// Examples of one run, where requests are put together.
    batches: Option<Histogram<{ EXAMPLES.len() }>>,
    /// How long the model took to load, in microseconds; 0 until then.
    load: AtomicU64,
    start: SystemTime,
}

/// What is told of the model.
struct Labels {
    name: String,
    sha256: String,
    engine: String,
}

impl Metrics {
    pub(super) fn new(bundle: &Bundle) -> Self {
        let engine = serde_json::to_string(&bundle.model.engine).unwrap_or_default();
        let engine = engine.trim_matches('"').to_owned();
        let (name, sha256) = (bundle.name.clone(), bundle.model.source_sha256.clone());
        Self {
            model: Labels { name, sha256, engine },
            requests: Default::default(),
            problems: [const { AtomicU64::new(0) }; Kind::ALL.len()],
            durations: std::array::from_fn(|_| Histogram::new(&SECONDS)),
            in_flight: AtomicI64::new(0),
            left: AtomicU64::new(0),
            queued: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            batches: bundle.serving.batching.map(|_| Histogram::new(&EXAMPLES)),
            load: AtomicU64::new(0),
            start: SystemTime::now(),
        }
    }

    /// A request is under way.
    pub(super) fn begun(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// Its caller left before the answer.
    pub(super) fn left(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
        self.left.fetch_add(1, Relaxed);
    }

    /// It was answered.
    pub(super) fn answered(
        &self,
        place: Place,
        status: u16,
        problem: Option<Kind>,
        duration: Duration,
    ) {
        self.in_flight.fetch_sub(1, Relaxed);
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        let place = place.number();
        self.requests[place][class].fetch_add(1, Relaxed);
        if let Some(kind) = problem {
            self.problems[kind as usize].fetch_add(1, Relaxed);
        }
        self.durations[place].add(duration.as_secs_f64());
    }

    /// The model is loaded.
    pub(super) fn loaded(&self, duration: Duration) {
        self.load.store((duration.as_micros() as u64).max(1), Relaxed);
    }

    /// The model ran on so many examples of several requests.
    pub(super) fn ran(&self, examples: usize) {
        if let Some(batches) = &self.batches {
            batches.add(examples as f64);
        }
    }

    /// When the process began, in seconds since 1970.
    fn start_seconds(&self) -> f64 {
        self.start.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }
}
