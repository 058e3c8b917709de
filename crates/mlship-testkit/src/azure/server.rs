//! Takes connections on 127.0.0.1, reads calls whole, records them, and lets them fail as the
//! script says.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State as Extension};
use axum::response::Response as Answer;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::call::Call;
use super::cloud::Served;
use super::faults::Fate;
use super::http::{Request, Response};
use super::state::State;
use super::{arm, control, types};

/// Artifacts are hundreds of megabytes at most.
const LARGEST_BODY: usize = 1 << 30;

/// What a test gives: what a deployed artifact answers.
type Answers = dyn Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync;

/// What all calls share.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) answer: Box<Answers>,
}

impl Shared {
    pub(super) fn new(
        answer: impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { state: Mutex::default(), answer: Box::new(answer) }
    }

    /// All that exists. A call that panicked must not hide what the others see.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until the sender is dropped; sends the address first.
pub(super) fn run(
    shared: Arc<Shared>,
    ready: std::sync::mpsc::Sender<io::Result<SocketAddr>>,
    stop: oneshot::Receiver<()>,
) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await {
            Ok(listener) => listener,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let address = listener.local_addr();
        if let Ok(address) = &address {
            shared.lock().port = address.port();
        }
        // Nobody waits for it any more when this fails.
        ready.send(address).ok();
        let app = Router::new().fallback(take).with_state(shared);
        let app = app.into_make_service_with_connect_info::<Line>();
        tokio::select! {
            _ = async { axum::serve(Lines(listener), app).await } => {}
            _ = stop => {}
        }
    });
    // Waits for calls that are being answered: what they hold ends with the stand-in.
    drop(runtime);
}

async fn take(
    ConnectInfo(line): ConnectInfo<Line>,
    Extension(shared): Extension<Arc<Shared>>,
    request: axum::extract::Request,
) -> Answer {
    let Some(request) = read(request).await else { return cut(&line) };
    let done = tokio::task::spawn_blocking(move || serve(&shared, &request)).await;
    match done {
        Ok(Some(response)) => answer(response),
        Ok(None) => cut(&line),
        Err(_) => answer(Response::text(500, "the stand-in failed; see the test's output")),
    }
}

async fn read(request: axum::extract::Request) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.ok()?.to_vec();
    let text =
        |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: std::collections::BTreeMap<String, String> =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let host = headers.get("host").cloned().unwrap_or_default();
    Some(Request {
        method: parts.method.as_str().to_owned(),
        host,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    })
}

/// `None` drops the connection.
fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    if let Some(response) = control::serve(shared, request) {
        return Some(response);
    }
    let (index, fate) = {
        let mut state = shared.lock();
        let call = Call::of(request);
        let fate = state.script.fate(state.played, &call);
        state.played += 1;
        state.calls.push(call);
        (state.calls.len() - 1, fate)
    };
    let response = match fate {
        Fate::Drop => None,
        Fate::Refuse(response) => Some(response),
        Fate::Pass => Some(dispatch(shared, request)),
        Fate::PassAndDrop => {
            dispatch(shared, request);
            None
        }
    };
    let mut state = shared.lock();
    state.dropped += usize::from(response.is_none());
    // A reset may have come between; then there is nothing to note it on.
    if let Some(call) = state.calls.get_mut(index) {
        call.status = response.as_ref().map(|response| response.status);
        call.answer = response.as_ref().and_then(|given| serde_json::from_slice(&given.body).ok());
    }
    response
}

fn dispatch(shared: &Shared, request: &Request) -> Response {
    let hosted = types::HOSTS.iter().find_map(|host| host(shared, request));
    hosted.unwrap_or_else(|| arm::serve(&mut shared.lock(), request))
}

fn answer(response: Response) -> Answer {
    let mut answer = Answer::builder().status(response.status);
    for (name, value) in &response.headers {
        if name != "content-length" || response.body.is_empty() {
            answer = answer.header(name, value);
        }
    }
    answer.body(Body::from(response.body)).unwrap_or_else(|_| {
        let mut broken = Answer::new(Body::from("a header that cannot be sent"));
        *broken.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}

/// Ends the connection before anything is sent.
fn cut(line: &Line) -> Answer {
    line.0.store(true, Ordering::Release);
    Answer::new(Body::empty())
}

/// Whether a connection is cut.
#[derive(Debug, Clone)]
struct Line(Arc<AtomicBool>);

struct Lines(TcpListener);

impl Listener for Lines {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Cuttable, SocketAddr) {
        loop {
            if let Ok((stream, from)) = self.0.accept().await {
                // Answers are small and waited for.
                stream.set_nodelay(true).ok();
                return (Cuttable { stream, line: Line(Arc::default()) }, from);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

/// A connection that can be made to break.
struct Cuttable {
    stream: TcpStream,
    line: Line,
}

impl Cuttable {
    fn broken(&self) -> Option<io::Error> {
        let broken = self.line.0.load(Ordering::Acquire);
        broken.then(|| io::Error::from(io::ErrorKind::ConnectionReset))
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
