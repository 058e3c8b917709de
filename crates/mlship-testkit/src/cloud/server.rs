//! Takes connections on 127.0.0.1, reads calls whole, records them, and lets them fail as the
//! script says.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State as Extension};
use axum::response::Response as Answer;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::call::Effect;
use super::faults::{Fate, Fault, Script};
use super::http::{Arrived, Request, Response};
use super::tape::Tape;

/// Artifacts are hundreds of megabytes at most.
const LARGEST_BODY: usize = 1 << 30;

/// What answers behind the server.
pub(crate) trait Stand: Send + Sync + 'static {
    /// Told once, before the first call.
    fn listens_at(&self, port: u16);

    /// A call that steers the stand-in: it is not recorded and never fails.
    fn steered(&self, request: &Request) -> Option<Response>;

    /// Whether a call writes.
    fn effect(&self, request: &Request) -> Effect;

    /// A fault in the words of the cloud.
    fn refusal(&self, script: &Script, fault: Fault) -> Response;

    /// The record, for a moment.
    fn tape<T>(&self, with: impl FnOnce(&mut Tape) -> T) -> T;

    /// Does what a call asks for.
    fn dispatch(&self, request: &Request) -> Response;
}

/// A running server; it ends with this value.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts one on threads of its own.
    ///
    /// # Panics
    /// When there is no free port.
    pub(crate) fn start(stand: Arc<impl Stand>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (ready, address) = mpsc::channel();
        let thread = thread::spawn(move || run(stand, ready, stopped));
        let address = address.recv().expect("the stand-in starts").expect("a free port");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits for the calls that are being answered, and takes no more.
    pub(crate) fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was already reported.
            thread.join().ok();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Serves until the sender is dropped; sends the address first.
fn run(
    stand: Arc<impl Stand>,
    ready: mpsc::Sender<io::Result<SocketAddr>>,
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
            stand.listens_at(address.port());
        }
        // Nobody waits for it any more when this fails.
        ready.send(address).ok();
        let app = Router::new().fallback(take).with_state(stand);
        let app = app.into_make_service_with_connect_info::<Line>();
        tokio::select! {
            _ = async { axum::serve(Lines(listener), app).await } => {}
            _ = stop => {}
        }
    });
    // Waits for calls that are being answered: what they hold ends with the stand-in.
    drop(runtime);
}

async fn take<S: Stand>(
    ConnectInfo(line): ConnectInfo<Line>,
    Extension(stand): Extension<Arc<S>>,
    request: axum::extract::Request,
) -> Answer {
    let Some(request) = read(request).await else { return cut(&line) };
    let done = tokio::task::spawn_blocking(move || serve(&*stand, request)).await;
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
        arrived: Arrived::Whole,
    })
}

/// `None` drops the connection.
fn serve(stand: &impl Stand, mut request: Request) -> Option<Response> {
    if let Some(response) = stand.steered(&request) {
        return Some(response);
    }
    let effect = stand.effect(&request);
    let (index, fate) = stand.tape(|tape| tape.take(&request, effect));
    let response = match fate {
        Fate::Drop => None,
        Fate::Refuse(fault) => {
            let script = stand.tape(|tape| tape.script.clone());
            Some(stand.refusal(&script, fault))
        }
        Fate::Pass => Some(stand.dispatch(&request)),
        Fate::PassAndDrop => {
            stand.dispatch(&request);
            None
        }
        Fate::HalfAndDrop => {
            request.arrived = Arrived::InPart;
            request.body.truncate(request.body.len() / 2);
            stand.dispatch(&request);
            None
        }
    };
    stand.tape(|tape| tape.note(index, response.as_ref()));
    response
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
