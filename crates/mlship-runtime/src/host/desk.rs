//! Answers requests, whichever host they came by: who is let in, which route it is, how far the
//! model is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mlship_bundle::Bounds;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::Settings;
use super::ask::Ask;
use super::body::{Held, Intake, pass_over};
use super::documents::Documents;
use super::key::Key;
use super::page;
use super::predict::{Outcome, Predictor};
use super::routes::{Reply, Route, is_for_probes, not_found, route, without_slash};
use super::v2::{self, Wanted};
use super::vertex;
use crate::problem::{Kind, Problem};
use crate::request::{Said, Wrap};
use crate::service::Prediction;

/// How far the model is loaded.
pub(super) enum State {
    Loading,
    Ready(Predictor),
    Failed(String),
}

/// What all requests of a process share.
pub(super) struct Desk {
    state: watch::Receiver<State>,
    key: Option<Key>,
    documents: Documents,
    pub(super) intake: Intake,
    /// The longest that a prediction may take, by the bundle.
    pub(super) bound: Duration,
    overdue: AtomicBool,
    told: Notify,
}

impl Desk {
    /// `longest` is the longest body that a host takes, in bytes, where it wraps them.
    pub(super) fn new(
        state: watch::Receiver<State>,
        bounds: Bounds,
        longest: usize,
        documents: Documents,
        settings: &Settings,
    ) -> Self {
        Self {
            state,
            key: settings.key.clone(),
            documents,
            intake: Intake::new(bounds.body_bytes, longest, settings.arrival),
            bound: Duration::from_secs(bounds.timeout_s.into()),
            overdue: AtomicBool::new(false),
            told: Notify::new(),
        }
    }

    /// The reply to a request.
    pub(super) async fn answer(&self, ask: Ask<'_>) -> Reply {
        let ask = Ask { path: without_slash(ask.path), ..ask };
        let page = ask.path == "/";
        let is_open = is_for_probes(ask.path) || (page && self.documents.shows_page());
        let is_let_in = |key: &Key| is_open || key.fits(&ask.headers.shown());
        if !self.key.as_ref().is_none_or(is_let_in) {
            pass_over(ask.body).await;
            return match v2::is_under(ask.path) {
                true => v2::refusal(no_key()),
                false => no_key().into(),
            };
        }
        if v2::is_under(ask.path) {
            return self.v2(ask).await.unwrap_or_else(v2::refusal);
        }
        if page && !self.documents.shows_page() {
            return not_found();
        }
        match route(ask.method, ask.path) {
            Err(reply) => reply,
            Ok(Route::Health) => Reply::state("alive"),
            Ok(Route::Ready) => self.readiness(),
            Ok(Route::Predict) => self.predict(ask).await,
            Ok(Route::OpenApi) => self.documents.openapi(),
            Ok(Route::Page) => page::reply(),
        }
    }

    /// The reply to a request that cannot be read.
    pub(super) fn refuse(&self, problem: Problem) -> Reply {
        match self.key {
            // It shows no key that could be read.
            Some(_) => no_key().into(),
            None => problem.into(),
        }
    }

    /// The prediction on what a host has in memory.
    pub(super) async fn run(
        &self,
        held: Held,
        said: Said<'_>,
        bound: Duration,
    ) -> Result<Prediction, Problem> {
        let deadline = Instant::now() + bound;
        let (body, _share) = held.into_parts();
        let predictor = self.predictor(deadline).await?;
        match predictor.predict(body, said, deadline).await {
            Outcome::Done(answer) => answer,
            Outcome::Overdue(problem) => {
                self.overdue.store(true, Ordering::Relaxed);
                self.told.notify_one();
                Err(problem)
            }
        }
    }

    /// Whether a prediction has outlived its bound.
    pub(super) fn is_overdue(&self) -> bool {
        self.overdue.load(Ordering::Relaxed)
    }

    /// Returns once a prediction has outlived its bound.
    pub(super) async fn overdue(&self) {
        self.told.notified().await;
    }

    async fn predict(&self, ask: Ask<'_>) -> Reply {
        let media_type = ask.headers.text("content-type");
        let said = Said { media_type, wrap: ask.wrap };
        let answer = match self.intake.read(ask.body).await {
            Ok(held) => self.run(held, said, ask.bound).await,
            Err(problem) => Err(problem),
        };
        match ask.wrap {
            Wrap::Plain | Wrap::Infer(_) => answer.into(),
            Wrap::Instances => vertex::reply(answer),
        }
    }

    /// The reply to a request of the Open Inference Protocol.
    async fn v2(&self, ask: Ask<'_>) -> Result<Reply, Problem> {
        let model = match v2::wanted(ask.method, ask.path) {
            Err(reply) => return Ok(reply),
            Ok(Wanted::Server) => return Ok(v2::server()),
            Ok(Wanted::Live) => return Ok(v2::so("live")),
            Ok(Wanted::Ready) => return self.loaded().map(|()| v2::so("ready")),
            Ok(Wanted::ModelReady(model)) => {
                self.loaded()?;
                let predictor = self.predictor(Instant::now()).await?;
                v2::is_named(predictor.service().infer(), &model)?;
                return Ok(v2::so("ready"));
            }
            Ok(Wanted::Model(model)) => {
                let predictor = self.predictor(Instant::now() + ask.bound).await?;
                v2::is_named(predictor.service().infer(), &model)?;
                return Ok(v2::model(predictor.service().infer()));
            }
            Ok(Wanted::Infer(model)) => model,
        };
        let held = self.intake.read(ask.body).await?;
        let said = Said { media_type: None, wrap: v2::head(ask.headers)? };
        let deadline = Instant::now() + ask.bound;
        v2::is_named(self.predictor(deadline).await?.service().infer(), &model)?;
        let bound = deadline.saturating_duration_since(Instant::now());
        self.run(held, said, bound).await.map(|answer| Ok(answer).into())
    }

    fn readiness(&self) -> Reply {
        self.loaded().map_or_else(Reply::from, |()| Reply::state("ready"))
    }

    fn loaded(&self) -> Result<(), Problem> {
        match &*self.state.borrow() {
            State::Loading => Err(Problem::new(Kind::Loading, "try again in a moment")),
            State::Ready(_) => Ok(()),
            State::Failed(cause) => Err(Problem::new(Kind::NotLoaded, cause)),
        }
    }

    /// Waits for the model rather than turning the first callers away.
    async fn predictor(&self, deadline: Instant) -> Result<Predictor, Problem> {
        let mut state = self.state.clone();
        let loaded = state.wait_for(|state| !matches!(state, State::Loading));
        match timeout_at(deadline, loaded).await {
            Ok(Ok(state)) => match &*state {
                State::Ready(predictor) => Ok(predictor.clone()),
                State::Failed(cause) => Err(Problem::new(Kind::NotLoaded, cause)),
                State::Loading => Err(Problem::new(Kind::Loading, "try again in a moment")),
            },
            Ok(Err(_)) => Err(Problem::new(Kind::NotLoaded, "loading was given up")),
            Err(_) => Err(Problem::new(Kind::Loading, "try again in a moment")),
        }
    }
}

fn no_key() -> Problem {
    let detail = "show it as `Authorization: Bearer KEY` or as `x-api-key: KEY`";
    Problem::new(Kind::NoKey, detail)
}
