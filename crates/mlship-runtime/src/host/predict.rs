//! Answers predictions within their time, beside the host's own loop where they are long.
//!
//! A short prediction is made where it stands. Long ones wait in a line of bounded length and run
//! one at a time, since each has all threads to itself; where the bundle says so, those that wait
//! are put together into one run.

mod line;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use mlship_bundle::{Batching, Bundle};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use super::metrics::Metrics;
use crate::problem::{Kind, Problem};
use crate::request::{Request, Said};
use crate::service::{Prediction, Service};
use line::{Line, Next, Waiting};

/// Takes turns at one service.
pub(super) struct Predictor(Arc<Shared>);

struct Shared {
    service: Service,
    line: Line,
    batching: Option<Batching>,
    /// The longest that one run may take, by the bundle.
    bound: Duration,
    metrics: Arc<Metrics>,
    /// Whether the model runs.
    at_work: AtomicBool,
    overdue: AtomicBool,
    told: Notify,
}

/// How a run ended.
enum Run {
    /// In time.
    Done,
    /// Not at all, so far.
    Overdue,
}

impl Predictor {
    /// Answers with `service` as the bundle says.
    pub(super) fn new(service: Service, bundle: &Bundle, metrics: Arc<Metrics>) -> Self {
        let bound = Duration::from_secs(bundle.bounds.timeout_s.into());
        let line = Line::new(bundle.serving.queue, metrics.clone());
        Self(Arc::new(Shared {
            service,
            line,
            batching: bundle.serving.batching,
            bound,
            metrics,
            at_work: AtomicBool::new(false),
            overdue: AtomicBool::new(false),
            told: Notify::new(),
        }))
    }

    /// What the turns are taken at.
    pub(super) fn service(&self) -> &Service {
        &self.0.service
    }

    /// Answers `body`, which is freed as soon as it is read, until `deadline`. Who drops this
    /// before its turn came leaves the line.
    pub(super) async fn predict(
        &self,
        body: Vec<u8>,
        said: Said<'_>,
        deadline: Instant,
    ) -> Result<Prediction, Problem> {
        let request = match self.0.service.reads_long() {
            false => {
                let read = self.0.service.read(&body, said);
                drop(body);
                read?
            }
            true => match timeout_at(deadline, self.read_aside(body, said)).await {
                Ok(read) => read?,
                Err(_) => {
                    let detail = "the request was not read in time";
                    return Err(Problem::new(Kind::Overdue, detail));
                }
            },
        };
        match self.0.service.is_quick(&request) {
            true => self.0.service.run(&request),
            false => self.in_turn(request, deadline).await,
        }
    }

    /// Whether the model runs, but for short predictions, and cannot be stopped. Where it can, it is.
    pub(super) fn is_stuck(&self) -> bool {
        self.0.at_work.load(Relaxed) && !self.0.service.stop_run()
    }

    /// Whether a prediction has outlived its bound.
    fn is_overdue(&self) -> bool {
        self.0.overdue.load(Relaxed)
    }

    /// Returns once a prediction has outlived its bound.
    pub(super) async fn overdue(&self) {
        while !self.is_overdue() {
            self.0.told.notified().await;
        }
    }

    async fn in_turn(&self, request: Request, deadline: Instant) -> Result<Prediction, Problem> {
        let bound = deadline.saturating_duration_since(Instant::now()).as_secs_f32();
        let (mut place, must_serve) = self.0.line.join(request)?;
        if must_serve {
            tokio::spawn(self.0.clone().serve());
        }
        match timeout_at(deadline, &mut place.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(failed()),
            Err(_) if place.has_begun() => {
                let detail = format!("no answer came within {bound} seconds");
                Err(Problem::new(Kind::Overdue, detail))
            }
            Err(_) => {
                let detail = format!("no turn came within {bound} seconds");
                Err(Problem::new(Kind::Busy, detail))
            }
        }
    }

    /// Reads on another thread, so that other requests go on.
    async fn read_aside(&self, body: Vec<u8>, said: Said<'_>) -> Result<Request, Problem> {
        let media_type = said.media_type.map(str::to_owned);
        let (shared, wrap) = (self.0.clone(), said.wrap);
        let work = tokio::task::spawn_blocking(move || {
            shared.service.read(&body, Said { media_type: media_type.as_deref(), wrap })
        });
        let failed = |_| Problem::new(Kind::Failed, "the request could not be read");
        work.await.unwrap_or_else(|error| Err(failed(error)))
    }
}

impl Shared {
    /// Serves the line until nobody waits. After a run that is overdue nobody is served any more:
    /// it has the engine's threads, and cannot be stopped.
    async fn serve(self: Arc<Self>) {
        loop {
            match self.line.next(self.batching, |one, other| self.service.fit_together(one, other))
            {
                Next::Run(batch) => match self.clone().run(batch).await {
                    Run::Done => {}
                    Run::Overdue => return,
                },
                Next::Wait(until) => {
                    let _ = timeout_at(until, self.line.grew()).await;
                }
                Next::Nobody => return,
            }
        }
    }

    /// Runs what fits together.
    async fn run(self: Arc<Self>, batch: Vec<Waiting>) -> Run {
        let (requests, callers): (Vec<_>, Vec<_>) = batch.into_iter().map(Waiting::begin).unzip();
        self.metrics.ran(requests.iter().map(Request::examples).sum());
        let shared = self.clone();
        self.at_work.store(true, Relaxed);
        let work = tokio::task::spawn_blocking(move || shared.service.run_together(&requests));
        let answers = match self.service.keeps_its_bound() {
            true => Ok(work.await),
            false => timeout(self.bound, work).await,
        };
        self.at_work.store(answers.is_err(), Relaxed);
        match answers {
            Ok(Ok(answers)) => {
                // A caller that has left does not hear it.
                callers.into_iter().zip(answers).for_each(|(caller, answer)| {
                    let _ = caller.send(answer);
                });
                Run::Done
            }
            Ok(Err(_)) => {
                for caller in callers {
                    let _ = caller.send(Err(failed()));
                }
                Run::Done
            }
            Err(_) => {
                let detail = format!("no answer came within {} seconds", self.bound.as_secs());
                for caller in callers {
                    let _ = caller.send(Err(Problem::new(Kind::Overdue, detail.clone())));
                }
                self.overdue.store(true, Relaxed);
                self.told.notify_one();
                Run::Overdue
            }
        }
    }
}

fn failed() -> Problem {
    Problem::new(Kind::Failed, "the model failed")
}
