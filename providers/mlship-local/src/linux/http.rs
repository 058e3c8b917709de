//! A very small HTTP client for services on this machine. Knows nothing of predictions.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Method, header};
use hyper_util::rt::TokioIo;
use mlship_core::deployment::{Answer, Request};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest answer taken, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Sends one request to 127.0.0.1 and reads the whole answer, within a time.
pub(crate) async fn send(
    method: Method,
    port: u16,
    path: &str,
    sent: Request<'_>,
    within: Duration,
) -> io::Result<Answer> {
    match timeout(within, exchange(method, port, path, sent)).await {
        Ok(answer) => answer,
        Err(_) => {
            let reason = format!("no answer within {} s", within.as_secs_f32());
            Err(io::Error::new(io::ErrorKind::TimedOut, reason))
        }
    }
}

async fn exchange(method: Method, port: u16, path: &str, sent: Request<'_>) -> io::Result<Answer> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, format!("127.0.0.1:{port}"))
        .header(header::CONTENT_TYPE, sent.media_type)
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::copy_from_slice(sent.body)))
        .map_err(io::Error::other)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LONGEST_ANSWER);
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
        Ok(Answer { status, body })
    };
    tokio::pin!(answer);
    tokio::select! {
        answer = &mut answer => answer,
        // The connection ends as soon as the answer is complete; what was read is still to come.
        _ = connection => answer.await,
    }
}
