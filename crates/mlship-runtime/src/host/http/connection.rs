//! One connection: requests in, replies out.

use std::borrow::Cow;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::invocation::{self, Invocation};
use super::listener::Stream;
use super::patience::Patient;
use super::seat::Seat;
use crate::host::ask::{Ask, Headers};
use crate::host::body::{Body, Held};
use crate::host::desk::Desk;
use crate::host::door::Contract;
use crate::host::routes::{CONTENT_TYPE, Reply};
use crate::problem::Problem;

/// How long callers without a request under way are listened to once the host is asked to stop: a
/// request may be on its way.
const GRACE: Duration = Duration::from_millis(100);

/// The longest head of a request, in bytes.
pub(super) const HEAD: usize = 64 * 1024;

/// What all connections share.
pub(super) struct Shared {
    pub(super) desk: Desk,
    pub(super) contract: Contract,
    /// The longest wrapped request, in bytes.
    pub(super) wrapped: usize,
    /// The longest that a head may take to arrive.
    pub(super) arrival: Duration,
    /// Whether the host was asked to stop.
    pub(super) stopping: AtomicBool,
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

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
        let bound = self.desk.bound.min(granted(headers));
        self.desk.answer(Ask { method, path, wrap, headers, body, bound }).await
    }
}

/// One caller, and what it shares with the others.
pub(super) struct Guest {
    pub(super) shared: Arc<Shared>,
    pub(super) seat: Arc<Seat>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.seat.leave();
    }
}

/// Serves one connection until its caller leaves or is asked to.
pub(super) async fn serve(stream: Stream, guest: Guest) {
    // Until something is said a connection has no buffers, and no room for what else it needs.
    if speaks(&stream, &guest).await {
        conversation(stream, guest).await;
    }
}

/// Made in a function of its own: what is made where it is awaited has its room from the start.
fn conversation(stream: Stream, guest: Guest) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(converse(stream, guest))
}

async fn converse(stream: Stream, guest: Guest) {
    let Guest { shared, seat } = &guest;
    let stream = Patient::new(stream, seat.clone(), shared.arrival);
    let service = service_fn(|request| async {
        seat.begin();
        let reply = shared.reply(request).await;
        seat.end();
        let mut response = response(reply);
        if shared.is_stopping() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok::<_, Infallible>(response)
    });
    let mut connection = Box::pin(
        http1::Builder::new()
            .header_read_timeout(None)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), service),
    );
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = seat.asked_to_leave() => {}
    }
    // A request that was on its way when the end began is answered too.
    if shared.is_stopping() && !seat.is_busy() && timeout(GRACE, connection.as_mut()).await.is_ok()
    {
        return;
    }
    if seat.asked() == 0 {
        return;
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(shared.arrival.max(shared.desk.bound), connection).await;
}

/// Whether the caller says something before it is asked to leave.
async fn speaks(stream: &Stream, guest: &Guest) -> bool {
    let said = timeout(guest.shared.arrival, stream.spoke());
    tokio::select! {
        biased;
        said = said => return matches!(said, Ok(Ok(()))),
        () = guest.seat.asked_to_leave() => {}
    }
    guest.shared.is_stopping() && matches!(timeout(GRACE, stream.spoke()).await, Ok(Ok(())))
}

/// How long whoever hands requests on waits for the answer, where it says so: Envoy does, which
/// stands before Knative, Istio and Container Apps
/// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter>).
fn granted(headers: &dyn Headers) -> Duration {
    let said = headers.text("x-envoy-expected-rq-timeout-ms").and_then(|text| text.parse().ok());
    match said {
        // To Envoy 0 is no bound.
        None | Some(0) => Duration::MAX,
        Some(milliseconds) => Duration::from_millis(milliseconds),
    }
}

fn response(mut reply: Reply) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(Bytes::from(std::mem::take(&mut reply.body))));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let media_type = match &reply.media_type {
        Cow::Borrowed(media_type) => Ok(HeaderValue::from_static(media_type)),
        Cow::Owned(media_type) => HeaderValue::try_from(media_type),
    };
    if let Ok(media_type) = media_type {
        headers.insert(HeaderName::from_static(CONTENT_TYPE), media_type);
    }
    for (name, value) in reply.fixed() {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for (name, value) in reply.others {
        // What cannot stand in a header is left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
