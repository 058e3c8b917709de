//! One connection: requests in, replies out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use mlship_bundle::Bounds;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};

use super::State;
use super::body::Intake;
use crate::host::predict::{Outcome, Predictor};
use crate::host::routes::{Reply, Route, route};
use crate::problem::{Kind, Problem};

/// The longest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// What all connections share.
pub(super) struct Shared {
    state: watch::Receiver<State>,
    intake: Intake,
    bound: Duration,
    arrival: Duration,
    /// Told once a prediction has outlived its bound.
    pub(super) overdue: Notify,
}

impl Shared {
    pub(super) fn new(state: watch::Receiver<State>, bounds: Bounds, arrival: Duration) -> Self {
        Self {
            state,
            intake: Intake::new(bounds.body_bytes, arrival),
            bound: Duration::from_secs(bounds.timeout_s.into()),
            arrival,
            overdue: Notify::new(),
        }
    }

    async fn reply(&self, request: Request<Incoming>) -> Reply {
        match route(request.method().as_str(), request.uri().path()) {
            Err(reply) => reply,
            Ok(Route::Health) => Reply::state("alive"),
            Ok(Route::Ready) => self.readiness(),
            Ok(Route::Predict) => self.predict(request.into_body()).await,
        }
    }

    fn readiness(&self) -> Reply {
        match &*self.state.borrow() {
            State::Loading => Problem::new(Kind::Loading, "try again in a moment").into(),
            State::Ready(_) => Reply::state("ready"),
            State::Failed(cause) => Problem::new(Kind::NotLoaded, cause).into(),
        }
    }

    async fn predict(&self, body: Incoming) -> Reply {
        let (body, _share) = match self.intake.read(body).await {
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
pub(super) async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<()>,
) {
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

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(allow) = reply.allow {
        headers.insert(ALLOW, HeaderValue::from_static(allow));
    }
    if reply.status == 503 {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
