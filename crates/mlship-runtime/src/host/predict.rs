//! Runs predictions under their time bound, beside the host's own loop where they are long.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Kind, Problem};
use crate::request::{Request, Said};
use crate::service::{Prediction, Service};

/// Takes turns at one service.
#[derive(Clone)]
pub(super) struct Predictor {
    service: Arc<Service>,
    turns: Arc<Semaphore>,
}

/// How a prediction ended.
pub(super) enum Outcome {
    /// With an answer or a problem.
    Done(Result<Prediction, Problem>),
    /// Not within its bound; it still runs.
    Overdue(Problem),
}

impl Predictor {
    /// One long prediction at a time: it has all threads to itself.
    pub(super) fn new(service: Service) -> Self {
        Self { service: Arc::new(service), turns: Arc::new(Semaphore::new(1)) }
    }

    /// What the turns are taken at.
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    /// Answers `body`, which is freed as soon as it is read, until `deadline`.
    pub(super) async fn predict(
        &self,
        body: Vec<u8>,
        said: Said<'_>,
        deadline: Instant,
    ) -> Outcome {
        let bound = deadline.saturating_duration_since(Instant::now()).as_secs_f32();
        let read = match self.service.reads_long() {
            false => {
                let read = self.service.read(&body, said);
                drop(body);
                read
            }
            true => match timeout_at(deadline, self.read_aside(body, said)).await {
                Ok(read) => read,
                Err(_) => {
                    let detail = format!("the request was not read within {bound} seconds");
                    return Outcome::Done(Err(Problem::new(Kind::Overdue, detail)));
                }
            },
        };
        let request = match read {
            Ok(request) => request,
            Err(problem) => return Outcome::Done(Err(problem)),
        };
        if self.service.is_quick(&request) {
            return Outcome::Done(self.service.run(&request));
        }
        let turn = timeout_at(deadline, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            let detail = format!("no turn came within {bound} seconds");
            return Outcome::Done(Err(Problem::new(Kind::Busy, detail)));
        };
        let service = self.service.clone();
        let work = tokio::task::spawn_blocking(move || {
            let answer = service.run(&request);
            drop(turn);
            answer
        });
        match timeout_at(deadline, work).await {
            Ok(Ok(answer)) => Outcome::Done(answer),
            Ok(Err(_)) => Outcome::Done(Err(Problem::new(Kind::Failed, "the model failed"))),
            Err(_) => {
                let detail = format!("no answer came within {bound} seconds");
                Outcome::Overdue(Problem::new(Kind::Overdue, detail))
            }
        }
    }

    /// Reads on another thread, so that other requests go on.
    async fn read_aside(&self, body: Vec<u8>, said: Said<'_>) -> Result<Request, Problem> {
        let media_type = said.media_type.map(str::to_owned);
        let (service, wrap) = (self.service.clone(), said.wrap);
        let work = tokio::task::spawn_blocking(move || {
            service.read(&body, Said { media_type: media_type.as_deref(), wrap })
        });
        let failed = |_| Problem::new(Kind::Failed, "the request could not be read");
        work.await.unwrap_or_else(|error| Err(failed(error)))
    }
}
