//! A client of the Lambda Runtime API: one connection, kept.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use super::sent::Sent;
use crate::host::correlation::{LAMBDA_ID, LAMBDA_TRACE};

/// The longest event taken, in bytes. Lambda itself carries 6 MB and what wraps it.
const LONGEST_EVENT: usize = 32 * 1024 * 1024;

/// The header that names an error to Lambda.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// The Runtime API.
pub(super) struct Api {
    host: String,
    address: SocketAddr,
    sender: Option<SendRequest<Sent>>,
}

/// One invocation.
pub(super) struct Invocation {
    /// What its response is sent under.
    pub(super) id: String,
    /// When Lambda gives it up, in milliseconds since 1970.
    pub(super) deadline_ms: Option<u64>,
    /// The X-Ray trace that it is part of, as its header says.
    pub(super) trace: Option<String>,
    /// JSON.
    pub(super) event: Bytes,
}

impl Api {
    /// The API at `host`: an address and a port. Names are not looked up, `localhost` excepted.
    pub(super) fn new(host: &str) -> io::Result<Self> {
        let local = host.strip_prefix("localhost:").and_then(|port| port.parse().ok());
        let local = local.map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let address = match local {
            Some(address) => address,
            None => host.parse().map_err(io::Error::other)?,
        };
        Ok(Self { host: host.to_owned(), address, sender: None })
    }

    /// Waits for the next invocation.
    pub(super) async fn next(&mut self) -> io::Result<Invocation> {
        let request = self.request(Method::GET, "invocation/next")?.body(Sent::default());
        let response = self.send(request.map_err(io::Error::other)?).await?;
        let headers = response.headers().clone();
        let event = Limited::new(response.into_body(), LONGEST_EVENT).collect().await;
        let event = event.map_err(io::Error::other)?.to_bytes();
        let id = text(&headers, LAMBDA_ID);
        let id = id.ok_or_else(|| io::Error::other("an invocation without an id"))?.to_owned();
        let deadline_ms =
            text(&headers, "lambda-runtime-deadline-ms").and_then(|ms| ms.parse().ok());
        let trace = text(&headers, LAMBDA_TRACE).map(str::to_owned);
        Ok(Invocation { id, deadline_ms, trace, event })
    }

    /// Sends an invocation's response.
    pub(super) async fn respond(&mut self, id: &str, response: Vec<u8>) -> io::Result<()> {
        self.post(&format!("invocation/{id}/response"), None, response).await
    }

    /// Sends an HTTP response as it stands behind its head, which Lambda passes on as it comes
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>).
    pub(super) async fn stream(
        &mut self,
        id: &str,
        head: Vec<u8>,
        body: Vec<u8>,
    ) -> io::Result<()> {
        let request = self
            .request(Method::POST, &format!("invocation/{id}/response"))?
            .header(CONTENT_TYPE, "application/vnd.awslambda.http-integration-response")
            .header("lambda-runtime-function-response-mode", "streaming")
            .body(Sent::streamed([head, body]));
        self.finish(request.map_err(io::Error::other)?).await
    }

    /// Says that an invocation failed.
    pub(super) async fn fail(&mut self, id: &str, kind: &str, error: Vec<u8>) -> io::Result<()> {
        self.post(&format!("invocation/{id}/error"), Some(kind), error).await
    }

    /// Says that nothing can be invoked.
    pub(super) async fn init_error(&mut self, title: &str, cause: &str) -> io::Result<()> {
        let error = json!({ "errorMessage": cause, "errorType": title }).to_string();
        self.post("init/error", Some("not-loaded"), error.into_bytes()).await
    }

    async fn post(&mut self, path: &str, kind: Option<&str>, body: Vec<u8>) -> io::Result<()> {
        let mut request =
            self.request(Method::POST, path)?.header(CONTENT_TYPE, "application/json");
        if let Some(kind) = kind {
            request = request.header(ERROR_TYPE, kind);
        }
        let request = request.body(Sent::whole(body)).map_err(io::Error::other)?;
        self.finish(request).await
    }

    async fn finish(&mut self, request: Request<Sent>) -> io::Result<()> {
        let response = self.send(request).await?;
        // The connection serves the next request only once this response is read to its end.
        response.into_body().collect().await.map_err(io::Error::other)?;
        Ok(())
    }

    fn request(&self, method: Method, path: &str) -> io::Result<hyper::http::request::Builder> {
        let uri = format!("/2018-06-01/runtime/{path}");
        Ok(Request::builder().method(method).uri(uri).header(HOST, &self.host))
    }

    async fn send(&mut self, request: Request<Sent>) -> io::Result<Response<Incoming>> {
        let response =
            self.connected().await?.send_request(request).await.map_err(io::Error::other)?;
        // A refused response (too large, given up) is Lambda's to report; only the API's own
        // failure ends the process.
        match response.status().is_server_error() {
            true => Err(io::Error::other(format!("status {}", response.status()))),
            false => Ok(response),
        }
    }

    /// The connection, made anew when the API has closed it.
    async fn connected(&mut self) -> io::Result<&mut SendRequest<Sent>> {
        let mut usable = self.sender.take().filter(|sender| !sender.is_closed());
        if let Some(sender) = &mut usable
            && sender.ready().await.is_err()
        {
            usable = None;
        }
        let sender = match usable {
            Some(sender) => sender,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                let handshake = http1::handshake(TokioIo::new(stream)).await;
                let (sender, connection) = handshake.map_err(io::Error::other)?;
                tokio::spawn(connection);
                sender
            }
        };
        Ok(self.sender.insert(sender))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
