//! The line of requests that wait for the model. It has a bound; who leaves it is forgotten.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mlship_bundle::Batching;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::host::metrics::Metrics;
use crate::problem::{Kind, Problem};
use crate::request::Request;
use crate::service::Prediction;

type Answered = Result<Prediction, Problem>;

/// Requests in the order they came.
pub(super) struct Line {
    state: Mutex<State>,
    /// How many may wait.
    bound: usize,
    metrics: Arc<Metrics>,
    grown: Notify,
}

struct State {
    waiting: VecDeque<Waiting>,
    /// Whether somebody serves it.
    served: bool,
}

/// A request that waits.
pub(super) struct Waiting {
    request: Request,
    since: Instant,
    begun: Arc<AtomicBool>,
    caller: oneshot::Sender<Answered>,
}

/// A caller's place.
pub(super) struct Place<'a> {
    line: &'a Line,
    begun: Arc<AtomicBool>,
    /// What it waits for.
    pub(super) answer: oneshot::Receiver<Answered>,
}

/// What is to be done.
pub(super) enum Next {
    /// These fit together and have waited long enough.
    Run(Vec<Waiting>),
    /// Others may come until then.
    Wait(Instant),
    /// Nobody waits; whoever asked serves the line no more.
    Nobody,
}

impl Line {
    /// An empty line that so many may wait in.
    pub(super) fn new(bound: usize, metrics: Arc<Metrics>) -> Self {
        let state = Mutex::new(State { waiting: VecDeque::new(), served: false });
        Self { state, bound, metrics, grown: Notify::new() }
    }

    /// A place at the end, and whether its holder must see to it that the line is served.
    ///
    /// # Errors
    /// When the line is full.
    pub(super) fn join(&self, request: Request) -> Result<(Place<'_>, bool), Problem> {
        let mut state = self.held();
        // Nobody serves it: the first is as good as begun.
        if state.served && state.waiting.len() >= self.bound {
            let detail = format!("{} requests wait already; try again", state.waiting.len());
            return Err(Problem::new(Kind::Busy, detail));
        }
        let (caller, answer) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let place = Place { line: self, begun: begun.clone(), answer };
        state.waiting.push_back(Waiting { request, since: Instant::now(), begun, caller });
        self.count(&state);
        let must_serve = !std::mem::replace(&mut state.served, true);
        drop(state);
        self.grown.notify_one();
        Ok((place, must_serve))
    }

    /// What is to be done next by whoever serves the line.
    pub(super) fn next(
        &self,
        batching: Option<Batching>,
        fit_together: impl Fn(&Request, &Request) -> bool,
    ) -> Next {
        let mut state = self.held();
        let Some(first) = state.waiting.pop_front() else {
            state.served = false;
            return Next::Nobody;
        };
        let next = match batching {
            None => Next::Run(vec![first]),
            Some(batching) => together(&mut state.waiting, first, batching, fit_together),
        };
        self.count(&state);
        next
    }

    /// Returns once somebody has joined since this was last asked.
    pub(super) async fn grew(&self) {
        self.grown.notified().await;
    }

    fn count(&self, state: &State) {
        self.metrics.queued.store(state.waiting.len(), Relaxed);
    }

    /// Nothing that holds this can leave it half-changed.
    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `first` with those that fit to it, up to the examples of one run; or it goes back, when more may
/// come in time.
fn together(
    waiting: &mut VecDeque<Waiting>,
    first: Waiting,
    batching: Batching,
    fit_together: impl Fn(&Request, &Request) -> bool,
) -> Next {
    let mut total = first.request.examples();
    let mut others = Vec::new();
    for (place, other) in waiting.iter().enumerate() {
        let examples = other.request.examples();
        if total + examples > batching.examples {
            break;
        }
        if fit_together(&first.request, &other.request) {
            total += examples;
            others.push(place);
        }
    }
    let until = first.since + Duration::from_millis(batching.wait_ms.into());
    // Alone when it fits to nothing, not even to one like itself.
    let may_grow = total < batching.examples && fit_together(&first.request, &first.request);
    if may_grow && others.len() == waiting.len() && Instant::now() < until {
        waiting.push_front(first);
        return Next::Wait(until);
    }
    let mut batch = vec![first];
    // From the back, so that the places before stay what they are.
    let taken = others.into_iter().rev().filter_map(|place| waiting.remove(place));
    batch.extend(taken);
    if let Some(others) = batch.get_mut(1..) {
        others.reverse();
    }
    Next::Run(batch)
}

impl Waiting {
    /// Its turn has come: the request, and who waits for the answer.
    pub(super) fn begin(self) -> (Request, oneshot::Sender<Answered>) {
        self.begun.store(true, Relaxed);
        (self.request, self.caller)
    }
}

impl Place<'_> {
    /// Whether its turn has come.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.has_begun() {
            return;
        }
        self.answer.close();
        let mut state = self.line.held();
        state.waiting.retain(|waiting| !waiting.caller.is_closed());
        self.line.count(&state);
    }
}
