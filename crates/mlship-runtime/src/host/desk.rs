//! Answers requests, whichever host they came by: who is let in, which route it is, how far the
//! model is.

use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mlship_bundle::Bundle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::ask::{Ask, Headers};
use super::attend::{Attendant, Called};
use super::body::{Body, Held, Intake, pass_over};
use super::documents::Documents;
use super::journal::Journal;
use super::key::Key;
use super::metrics::{self, Metrics};
use super::predict::Predictor;
use super::routes::{Reply, Route, is_for_probes, not_found, route, without_slash};
use super::v2::{self, Wanted};
use super::{Settings, Tell, page, vertex};
use crate::problem::{Kind, Problem};
use crate::request::{Said, Wrap};
use crate::service::{Prediction, Service};

/// How far the model is loaded.
enum State {
    Loading,
    Ready,
    Failed(String),
}

/// What all requests of a process share.
pub(super) struct Desk {
    bundle: Bundle,
    state: watch::Sender<State>,
    /// What answers; set before the state is `Ready`, and read without a lock.
    predictor: OnceLock<Predictor>,
    attendant: Attendant,
    key: Option<Key>,
    documents: Documents,
    pub(super) intake: Intake,
    /// The longest that a prediction may take, by the bundle.
    pub(super) bound: Duration,
}

impl Desk {
    /// A desk where the model of `bundle` is still to be loaded. `longest` is the longest body that
    /// a host takes, in bytes, where it wraps them.
    pub(super) fn new(
        bundle: Bundle,
        longest: usize,
        documents: Documents,
        settings: &Settings,
        tell: Tell,
    ) -> Self {
        let journal = Journal { log: settings.log, collector: settings.collector.clone(), tell };
        let metrics = Arc::new(Metrics::new(&bundle));
        Self {
            state: watch::Sender::new(State::Loading),
            predictor: OnceLock::new(),
            attendant: Attendant::new(metrics, journal),
            key: settings.key.clone(),
            documents,
            intake: Intake::new(bundle.bounds.body_bytes, longest, settings.arrival),
            bound: Duration::from_secs(bundle.bounds.timeout_s.into()),
            bundle,
        }
    }

    /// The model is loaded, which took so long.
    pub(super) fn ready(&self, service: Service, took: Duration) {
        self.metrics().loaded(took);
        let metrics = self.metrics().clone();
        self.predictor.get_or_init(|| Predictor::new(service, &self.bundle, metrics));
        self.state.send_replace(State::Ready);
    }

    /// The model cannot be loaded, at least for now.
    pub(super) fn failed(&self, cause: String) {
        self.state.send_replace(State::Failed(cause));
    }

    /// What is served.
    pub(super) fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Whether the model is loaded, and answers an example in microseconds.
    pub(super) fn is_light(&self) -> bool {
        self.predictor.get().is_some_and(|predictor| predictor.service().is_light())
    }

    /// What is counted.
    pub(super) fn metrics(&self) -> &Arc<Metrics> {
        &self.attendant.metrics
    }

    /// The reply to a request. It is counted and told of.
    pub(super) async fn answer(&self, ask: Ask<'_>) -> Reply {
        let ask = Ask { path: without_slash(ask.path), ..ask };
        let attended = self.attendant.begin(&ask);
        attended.until(pin!(self.routed(ask))).await
    }

    async fn routed(&self, ask: Ask<'_>) -> Reply {
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
            Ok(Route::Metrics) => Reply::ok(metrics::MEDIA_TYPE, self.metrics().text().into()),
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

    /// The prediction that is asked for without HTTP, with what the host says of the call. It is
    /// counted and told of.
    pub(super) async fn call(
        &self,
        bytes: Vec<u8>,
        headers: &dyn Headers,
        bound: Duration,
    ) -> Result<Prediction, Problem> {
        let (method, path, wrap, body) =
            ("POST", "/predict", Wrap::Plain, Body::Here(Held::from(bytes)));
        let ask = Ask { method, path, wrap, headers, body, bound };
        let attended = self.attendant.begin(&ask);
        let answer = async {
            Called(match self.intake.read(ask.body).await {
                Ok(held) => {
                    let answer = self.run(held, Said::NOTHING, bound).await;
                    answer.and_then(Prediction::into_json)
                }
                Err(problem) => Err(problem),
            })
        };
        attended.until(pin!(answer)).await.0
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
        predictor.predict(body, said, deadline).await
    }

    /// Whether the model still runs, which is overdue where every caller was answered, and cannot
    /// be stopped.
    pub(super) fn is_stuck(&self) -> bool {
        self.loaded().is_ok_and(|predictor| predictor.is_stuck())
    }

    /// Returns once a prediction has outlived its bound.
    pub(super) async fn overdue(&self) {
        let mut state = self.state.subscribe();
        while self.loaded().is_err() {
            // The sender is our own: this ends when something has changed.
            let _ = state.changed().await;
        }
        if let Ok(predictor) = self.loaded() {
            predictor.overdue().await;
        }
    }

    fn loaded(&self) -> Result<&Predictor, Problem> {
        self.predictor.get().ok_or_else(|| match &*self.state.borrow() {
            State::Failed(cause) => Problem::new(Kind::NotLoaded, cause),
            State::Loading | State::Ready => Problem::new(Kind::Loading, "try again in a moment"),
        })
    }

    async fn predict(&self, ask: Ask<'_>) -> Reply {
        let answer = match (said(ask.headers, ask.wrap), self.intake.read(ask.body).await) {
            (Ok(said), Ok(held)) => self.run(held, said, ask.bound).await,
            (Err(problem), _) | (_, Err(problem)) => Err(problem),
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
            Ok(Wanted::Ready) => return self.is_ready().map(|()| v2::so("ready")),
            Ok(Wanted::ModelReady(model)) => {
                let predictor = self.loaded()?;
                v2::is_named(predictor.service().infer()?, &model)?;
                return Ok(v2::so("ready"));
            }
            Ok(Wanted::Model(model)) => {
                let predictor = self.predictor(Instant::now() + ask.bound).await?;
                let infer = predictor.service().infer()?;
                v2::is_named(infer, &model)?;
                return Ok(v2::model(infer));
            }
            Ok(Wanted::Infer(model)) => model,
        };
        let held = self.intake.read(ask.body).await?;
        let said = Said { media_type: None, wrap: v2::head(ask.headers)? };
        let deadline = Instant::now() + ask.bound;
        v2::is_named(self.predictor(deadline).await?.service().infer()?, &model)?;
        let bound = deadline.saturating_duration_since(Instant::now());
        self.run(held, said, bound).await.map(|answer| Ok(answer).into())
    }

    fn readiness(&self) -> Reply {
        self.is_ready().map_or_else(Reply::from, |()| Reply::state("ready"))
    }

    fn is_ready(&self) -> Result<(), Problem> {
        self.loaded()?.service().ready()
    }

    /// Waits for the model rather than turning the first callers away.
    async fn predictor(&self, deadline: Instant) -> Result<&Predictor, Problem> {
        if let Some(predictor) = self.predictor.get() {
            return Ok(predictor);
        }
        let mut state = self.state.subscribe();
        let loaded = state.wait_for(|state| !matches!(state, State::Loading));
        // The sender is our own: when the wait ends there is something to say, or it is too late.
        let _ = timeout_at(deadline, loaded).await;
        self.loaded()
    }
}

/// What the headers say of a body.
fn said(headers: &dyn Headers, wrap: Wrap) -> Result<Said<'_>, Problem> {
    v2::is_as_it_is(headers)?;
    let media_type = headers.text("content-type");
    match media_type.is_none() && headers.bytes("content-type").is_some() {
        true => Err(Problem::new(Kind::UnsupportedMediaType, "`Content-Type` is not UTF-8 text")),
        false => Ok(Said { media_type, wrap }),
    }
}

fn no_key() -> Problem {
    let detail = "show it as `Authorization: Bearer KEY` or as `x-api-key: KEY`";
    Problem::new(Kind::NoKey, detail)
}
