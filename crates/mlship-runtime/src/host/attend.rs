//! What is around every request, whichever route it takes: it is counted, told of, given an id, and
//! kept from taking others down with it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use super::ask::{Ask, Headers};
use super::correlation::{Ids, REQUEST_ID, trace};
use super::journal::{Journal, Log};
use super::metrics::Metrics;
use super::place::{Place, method};
use super::routes::Reply;
use crate::notice::{Notice, Visit};
use crate::problem::{Kind, Problem};
use crate::service::Prediction;

/// What requests end in.
pub(super) trait Ending: From<Problem> {
    /// The HTTP status that it has, or would have.
    fn status(&self) -> u16;
    /// What is wrong.
    fn problem(&self) -> Option<Kind>;
    /// The length of what goes back, in bytes.
    fn bytes(&self) -> usize;
    /// The same with the id of the request on it, where there is room for one.
    fn under(self, id: String) -> Self;
}

/// Counts and tells of requests.
pub(super) struct Attendant {
    pub(super) metrics: Arc<Metrics>,
    journal: Journal,
    ids: Ids,
}

/// A request under way.
pub(super) struct Attended<'a> {
    attendant: &'a Attendant,
    headers: &'a dyn Headers,
    method: &'static str,
    place: Place,
    bytes_in: Option<u64>,
    start: Instant,
    is_answered: bool,
}

impl Attendant {
    pub(super) fn new(metrics: Arc<Metrics>, journal: Journal) -> Self {
        Self { metrics, journal, ids: Ids::new() }
    }

    /// A request is under way. When what this gives is dropped, its caller has left.
    pub(super) fn begin<'s>(&'s self, ask: &Ask<'s>) -> Attended<'s> {
        self.metrics.begun();
        Attended {
            attendant: self,
            headers: ask.headers,
            method: method(ask.method),
            place: Place::of(ask.path),
            bytes_in: ask.body.length(),
            start: Instant::now(),
            is_answered: false,
        }
    }
}

impl Attended<'_> {
    /// What `answer` gives, or 500 when it panics.
    pub(super) async fn until<E: Ending>(self, answer: Pin<&mut impl Future<Output = E>>) -> E {
        let ending = caught(answer).await;
        self.end(ending)
    }

    fn end<E: Ending>(mut self, ending: E) -> E {
        self.is_answered = true;
        let duration = self.start.elapsed();
        let Attendant { metrics, journal, ids } = self.attendant;
        let (status, problem) = (ending.status(), ending.problem());
        metrics.answered(self.place, status, problem, duration);
        let id = ids.of(self.headers);
        let is_told = match journal.log {
            Log::Requests => true,
            // Whoever waits for the model is told that it is not there yet, and asks again.
            Log::Problems => problem.is_some() && !self.place.is_probe(),
            Log::Off => false,
        };
        if is_told {
            (journal.tell)(&Notice::Request(Box::new(Visit {
                id: id.clone(),
                trace: trace(self.headers, &journal.collector),
                method: self.method,
                route: self.place.name(),
                status,
                milliseconds: duration.as_micros() as f64 / 1000.0,
                bytes_in: self.bytes_in,
                bytes_out: ending.bytes(),
                problem: problem.map(Kind::slug),
            })));
        }
        ending.under(id)
    }
}

impl Ending for Reply {
    fn status(&self) -> u16 {
        self.status
    }

    fn problem(&self) -> Option<Kind> {
        self.problem
    }

    fn bytes(&self) -> usize {
        self.body.len()
    }

    fn under(mut self, id: String) -> Self {
        self.others.push((REQUEST_ID, id));
        self
    }
}

/// What a call without HTTP ends in.
pub(super) struct Called(pub(super) Result<Prediction, Problem>);

impl Ending for Called {
    fn status(&self) -> u16 {
        self.0.as_ref().map_or_else(|problem| problem.kind.status(), |_| 200)
    }

    fn problem(&self) -> Option<Kind> {
        self.0.as_ref().err().map(|problem| problem.kind)
    }

    fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |answer| answer.bytes.len())
    }

    fn under(self, _: String) -> Self {
        self
    }
}

impl From<Problem> for Called {
    fn from(problem: Problem) -> Self {
        Self(Err(problem))
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.attendant.metrics.left();
        }
    }
}

/// What `answer` gives; when it panics, the reply that says so. Where a panic ends the process, in
/// the classical variety, nothing may panic.
async fn caught<E: Ending>(mut answer: Pin<&mut impl Future<Output = E>>) -> E {
    std::future::poll_fn(|context| {
        // What panicked is not polled again, and what it shares is atomic or behind a lock that
        // nobody leaves half-changed.
        let polled = catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context)));
        polled.unwrap_or_else(|_| {
            let problem = Problem::new(Kind::Failed, "the request could not be answered");
            Poll::Ready(E::from(problem))
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use mlship_bundle::Bundle;

    use super::*;
    use crate::host::body::{Body, Held};
    use crate::notice::Collector;
    use crate::request::Wrap;

    struct Nothing;

    impl Headers for Nothing {
        fn bytes(&self, _: &str) -> Option<&[u8]> {
            None
        }
    }

    fn attendant() -> Attendant {
        let bundle = serde_json::json!({
            "format": 1, "name": "a\"b", "samples": [], "input": "tensor", "output": "tensor",
            "bounds": mlship_bundle::Bounds::default(),
            "model": {"engine": "classical", "path": "x", "inputs": [], "outputs": [],
                "source-sha256": "00"},
        });
        let bundle: Bundle = serde_json::from_value(bundle).unwrap();
        let journal = Journal { log: Log::Off, collector: Collector::Plain, tell: |_| {} };
        Attendant::new(Arc::new(Metrics::new(&bundle)), journal)
    }

    fn ask() -> Ask<'static> {
        Ask {
            method: "POST",
            path: "/predict",
            wrap: Wrap::Plain,
            headers: &Nothing,
            body: Body::Here(Held::from(Vec::new())),
            bound: std::time::Duration::MAX,
        }
    }

    #[test]
    fn a_panic_is_answered_and_those_after_it_are_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let attendant = attendant();
        let panics = pin!(async {
            tokio::task::yield_now().await;
            panic!("as it should")
        });
        let reply: Reply = runtime.block_on(attendant.begin(&ask()).until(panics));
        assert_eq!((reply.status, reply.problem), (500, Some(Kind::Failed)));
        let alive = pin!(async { Reply::state("alive") });
        let reply = runtime.block_on(attendant.begin(&ask()).until(alive));
        assert_eq!(reply.status, 200);
        let text = attendant.metrics.text();
        for line in [
            r#"mlship_requests_total{route="/predict",status="5xx"} 1"#,
            r#"mlship_requests_total{route="/predict",status="2xx"} 1"#,
            r#"mlship_problems_total{kind="failed"} 1"#,
            "mlship_requests_in_flight 0",
            "mlship_requests_left_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
    }

    #[test]
    fn a_caller_that_leaves_is_counted() {
        let attendant = attendant();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let never = pin!(std::future::pending::<Reply>());
        let mut left = Box::pin(attendant.begin(&ask()).until(never));
        assert!(left.as_mut().poll(&mut context).is_pending());
        assert!(attendant.metrics.text().contains("mlship_requests_in_flight 1\n"));
        drop(left);
        let text = attendant.metrics.text();
        assert!(text.contains("mlship_requests_in_flight 0\n"), "{text}");
        assert!(text.contains("mlship_requests_left_total 1\n"), "{text}");
        assert!(text.contains(r#"name="a\"b""#), "{text}");
    }
}
