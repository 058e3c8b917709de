//! One connection: requests in, replies out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use mlship_bundle::Bounds;
use tokio::sync::{Notify, watch};

use super::State;
use super::body::{Held, Intake, linger};
use super::invocation::{self, Invocation};
use super::listener::Stream;
use crate::host::Settings;
use crate::host::door::Contract;
use crate::host::key::{API_KEY, Key, Shown};
use crate::host::predict::{Outcome, Predictor};
use crate::host::routes::{Reply, Route, is_for_probes, route};
use crate::problem::{Kind, Problem};

/// The longest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// What all connections share.
pub(super) struct Shared {
    state: watch::Receiver<State>,
    contract: Contract,
    key: Option<Key>,
    intake: Intake,
    /// The longest wrapped request, in bytes.
    longest_wrapped: usize,
    bound: Duration,
    arrival: Duration,
    /// Told once a prediction has outlived its bound.
    pub(super) overdue: Notify,
}

/// A request, wherever it was found.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    shown: Shown<'a>,
    body: Body,
}

/// The body of a request.
enum Body {
    /// On its way.
    Coming(Incoming),
    /// In memory.
    Here(Held),
}

impl Shared {
    pub(super) fn new(
        state: watch::Receiver<State>,
        bounds: Bounds,
        contract: Contract,
        settings: &Settings,
    ) -> Self {
        let arrival = settings.arrival;
        let longest_wrapped = invocation::longest(bounds.body_bytes);
        let most = if contract == Contract::CustomHandler { longest_wrapped } else { 0 };
        Self {
            state,
            contract,
            key: settings.key.clone(),
            intake: Intake::new(bounds.body_bytes, most, arrival),
            longest_wrapped,
            bound: Duration::from_secs(bounds.timeout_s.into()),
            arrival,
            overdue: Notify::new(),
        }
    }

    async fn reply(&self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        if self.contract != Contract::CustomHandler || !invocation::may_be(&head) {
            return self.answer(plain(&head, Body::Coming(body))).await;
        }
        let held = match self.intake.read_within(self.longest_wrapped, body).await {
            Ok(held) => held,
            Err(problem) => return problem.into(),
        };
        match Invocation::read(held.bytes()) {
            None => self.answer(plain(&head, Body::Here(held))).await,
            Some(read) => invocation::wrap(self.invoked(read, held).await),
        }
    }

    /// The reply to what was wrapped in the bytes that are held.
    async fn invoked(&self, read: Result<Invocation, Problem>, held: Held) -> Reply {
        let Invocation { method, path, authorization, api_key, body } = match read {
            Ok(invocation) => invocation,
            // It shows no key that could be read.
            Err(_) if self.key.is_some() => return no_key(),
            Err(problem) => return problem.into(),
        };
        let shown = Shown {
            authorization: authorization.as_deref().map(str::as_bytes),
            api_key: api_key.as_deref().map(str::as_bytes),
        };
        let body = Body::Here(held.instead(body));
        self.answer(Asked { method: &method, path: &path, shown, body }).await
    }

    async fn answer(&self, asked: Asked<'_>) -> Reply {
        let path = self.contract.own_path(asked.path);
        let is_let_in = |key: &Key| is_for_probes(path) || key.fits(&asked.shown);
        if !self.key.as_ref().is_none_or(is_let_in) {
            if let Body::Coming(body) = asked.body {
                linger(body).await;
            }
            return no_key();
        }
        match route(asked.method, path) {
            Err(reply) => reply,
            Ok(Route::Health) => Reply::state("alive"),
            Ok(Route::Ready) => self.readiness(),
            Ok(Route::Predict) => self.predict(asked.body).await,
        }
    }

    fn readiness(&self) -> Reply {
        match &*self.state.borrow() {
            State::Loading => Problem::new(Kind::Loading, "try again in a moment").into(),
            State::Ready(_) => Reply::state("ready"),
            State::Failed(cause) => Problem::new(Kind::NotLoaded, cause).into(),
        }
    }

    async fn predict(&self, body: Body) -> Reply {
        let held = match body {
            Body::Here(held) => Ok(held),
            Body::Coming(body) => self.intake.read(body).await,
        };
        let (body, _share) = match held {
            Ok(held) => held.into_parts(),
            Err(problem) => return problem.into(),
        };
        let predictor = match self.predictor().await {
            Ok(predictor) => predictor,
            Err(problem) => return problem.into(),
        };
        match predictor.predict(body, self.bound).await {
            Outcome::Done(answer) => answer.into(),
            Outcome::Overdue(problem) => {
                self.overdue.notify_one();
                problem.into()
            }
        }
    }

    /// Waits for the model rather than turning the first callers away.
    async fn predictor(&self) -> Result<Predictor, Problem> {
        let mut state = self.state.clone();
        let loaded = state.wait_for(|state| !matches!(state, State::Loading));
        match tokio::time::timeout(self.bound, loaded).await {
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

/// Serves one connection until its caller leaves, or until `stopping` closes and the request under
/// way is answered.
pub(super) async fn serve(stream: Stream, shared: Arc<Shared>, mut stopping: watch::Receiver<()>) {
    let arrival = shared.arrival;
    let service = service_fn(move |request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(response(shared.reply(request).await)) }
    });
    let mut connection = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(arrival)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A request that came as it is.
fn plain(head: &Parts, body: Body) -> Asked<'_> {
    let header = |name: &HeaderName| head.headers.get(name).map(HeaderValue::as_bytes);
    Asked {
        method: head.method.as_str(),
        path: head.uri.path(),
        shown: Shown {
            authorization: header(&AUTHORIZATION),
            api_key: header(&HeaderName::from_static(API_KEY)),
        },
        body,
    }
}

fn no_key() -> Reply {
    let detail = "show it as `Authorization: Bearer KEY` or as `x-api-key: KEY`";
    Problem::new(Kind::NoKey, detail).into()
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers();
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = status;
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
