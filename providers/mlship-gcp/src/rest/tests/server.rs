//! A server on this machine whose answers a test says, and which knows what it was asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::Value;

use crate::connect::{self, Identity, Options};
use crate::pace::Pace;
use crate::rest::Rest;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// How many there were before.
    pub(crate) nth: usize,
    /// `GET /v1/x?a=b`.
    pub(crate) line: String,
    pub(crate) body: Vec<u8>,
    headers: axum::http::HeaderMap,
    /// Where the server is.
    pub(crate) origin: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// An answer.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    cut: bool,
}

impl Reply {
    pub(crate) fn of(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: false }
    }

    pub(crate) fn json(body: Value) -> Self {
        Self::bytes(200, body.to_string().into_bytes())
    }

    pub(crate) fn bytes(status: u16, body: Vec<u8>) -> Self {
        Self { body, ..Self::of(status) }
    }

    pub(crate) fn with(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The connection ends after the body, before its end is told.
    pub(crate) fn cut(self) -> Self {
        Self { cut: true, ..self }
    }

    fn send(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = match self.cut {
            false => Body::from(self.body),
            true => {
                let pieces = [Ok(Bytes::from(self.body)), Err(std::io::Error::other("cut"))];
                // An end that comes at once would take the piece with it.
                let pieces = futures_util::stream::iter(pieces).then(|piece| async {
                    if piece.is_err() {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    piece
                });
                Body::from_stream(pieces)
            }
        };
        response.body(body).expect("an answer")
    }
}

/// The server; it ends with the test.
pub(crate) struct Server {
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<Asked>>>,
    running: tokio::task::JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let (seen, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let (kept, here) = (Arc::clone(&seen), origin.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (kept, answer, here) = (Arc::clone(&kept), Arc::clone(&answer), here.clone());
            async move {
                let (parts, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
                let line = format!("{} {}", parts.method, parts.uri);
                let asked = {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let asked =
                        Asked { nth: kept.len(), line, body, headers: parts.headers, origin: here };
                    kept.push(asked.clone());
                    asked
                };
                answer(&asked).send()
            }
        });
        let running = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self { origin, seen, running }
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            endpoint: Some(self.origin.clone()),
            identity: Identity::Token { access: "access".into(), identity: None },
            pace: Pace::hurried(),
            ..Options::default()
        }
    }

    pub(crate) async fn rest(&self) -> Rest {
        connect::sign_in(&self.options()).await.expect("a sign-in").0
    }

    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was asked, one line a request.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.seen().into_iter().map(|asked| asked.line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}
