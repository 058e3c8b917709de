//! One connection: requests in, replies out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::watch;

use super::invocation::{self, Invocation};
use super::listener::Stream;
use crate::host::ask::{Ask, Headers};
use crate::host::body::{Body, Held};
use crate::host::desk::Desk;
use crate::host::door::Contract;
use crate::host::routes::Reply;
use crate::problem::Problem;

/// The longest head of a request, in bytes.
const HEAD: usize = 64 * 1024;

/// What all connections share.
pub(super) struct Shared {
    pub(super) desk: Desk,
    pub(super) contract: Contract,
    /// The longest wrapped request, in bytes.
    pub(super) wrapped: usize,
    /// The longest that a head may take to arrive.
    pub(super) arrival: Duration,
}

impl Shared {
    async fn reply(&self, request: Request<Incoming>) -> Reply {
        let (head, body) = request.into_parts();
        if self.contract != Contract::CustomHandler || !invocation::may_be(&head) {
            return self.plain(&head, Body::Coming(body)).await;
        }
        let held = match self.desk.intake.read_within(self.wrapped, body).await {
            Ok(held) => held,
            Err(problem) => return problem.into(),
        };
        match Invocation::read(held.bytes()) {
            None => self.plain(&head, Body::Here(held)).await,
            Some(read) => invocation::wrap(self.invoked(read, held).await),
        }
    }

    /// The reply to a request that came as it is.
    async fn plain(&self, head: &Parts, body: Body) -> Reply {
        self.ask(head.method.as_str(), head.uri.path(), &head.headers, body).await
    }

    /// The reply to what was wrapped in the bytes that are held.
    async fn invoked(&self, read: Result<Invocation, Problem>, held: Held) -> Reply {
        let mut invocation = match read {
            Ok(invocation) => invocation,
            Err(problem) => return self.desk.refuse(problem),
        };
        let body = Body::Here(held.instead(std::mem::take(&mut invocation.body)));
        self.ask(&invocation.method, &invocation.path, &invocation, body).await
    }

    async fn ask(&self, method: &str, path: &str, headers: &dyn Headers, body: Body) -> Reply {
        let (path, wrap) = self.contract.own(path);
        let bound = self.desk.bound;
        self.desk.answer(Ask { method, path, wrap, headers, body, bound }).await
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

fn response(mut reply: Reply) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(Bytes::from(std::mem::take(&mut reply.body))));
    *response.status_mut() = status;
    for (name, value) in reply.headers() {
        // What cannot stand in a header is left out.
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
