//! A server that is slow, endless or asks for the impossible, against the calls of [`Arm`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Arm, Call, Id};
use crate::config::Config;
use crate::connect::{Cloud, Identity, Options, connect};
use crate::pace::Pace;

const CALL: Call<'_> = Call { operation: "look at", resource: "heart" };
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// What comes after the bytes of an answer.
#[derive(Clone, Copy)]
enum Then {
    /// The connection ends.
    End,
    /// The last byte again and again.
    More(Duration),
}

/// A server that always answers the same, and how often it did.
struct Server {
    arm: Arm,
    calls: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: String, then: Then, pace: Pace) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, answer.clone(), then));
            }
        });
        Self { arm: connected(&endpoint, pace).await.arm, calls }
    }

    async fn refusal(&self) -> ProviderError {
        let found = self.arm.get(CALL, &Id::group(SUBSCRIPTION, "g")).await;
        found.expect_err("no answer to trust")
    }
}

async fn connected(endpoint: &str, pace: Pace) -> Cloud {
    let options = Options {
        endpoint: Some(endpoint.to_owned()),
        subscription: Some(SUBSCRIPTION.into()),
        identity: Identity::Token("token".into()),
        pace,
        ..Options::default()
    };
    connect(Config::default(), options).await.unwrap()
}

async fn serve(mut stream: TcpStream, answer: String, then: Then) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    stream.write_all(answer.as_bytes()).await.ok();
    let Then::More(pause) = then else {
        // What is not read would cut the answer off.
        stream.shutdown().await.ok();
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.ok();
        return;
    };
    let piece = vec![b' '; if pause.is_zero() { 1 << 20 } else { 1 }];
    while stream.write_all(&piece).await.is_ok() {
        tokio::time::sleep(pause).await;
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n{body}")
}

#[tokio::test]
async fn a_pause_without_end_is_not_waited_for() {
    let throttled = answer("429 Too Many\r\nRetry-After: 100000000", "{}");
    let server = Server::start(throttled, Then::End, Pace::hurried()).await;
    assert_eq!(server.refusal().await.kind, ErrorKind::Throttled);
    assert_eq!(server.calls.load(Ordering::SeqCst), 1 + Pace::hurried().retries as usize);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let server =
        Server::start(answer("200 OK", "{"), Then::More(Duration::ZERO), Pace::hurried()).await;
    let error = server.refusal().await;
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(error.reason, "the answer is longer than 16 MB");
}

#[tokio::test]
async fn an_answer_in_drops_is_given_up() {
    let pace = Pace { longest_try: Duration::from_millis(100), ..Pace::hurried() };
    let drops = Then::More(Duration::from_millis(5));
    let server = Server::start(answer("200 OK", "{"), drops, pace).await;
    let error = server.refusal().await;
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::Unavailable, "no whole answer in time")
    );
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_ends() {
    let page = answer("200 OK", r#"{"value": [{"id": "/a"}], "nextLink": "/again"}"#);
    let server = Server::start(page, Then::End, Pace::hurried()).await;
    let error = server.arm.list(CALL, &Id::of(""), "subscriptions", &[]).await.unwrap_err();
    let told = (error.kind, error.reason.as_str());
    assert_eq!(told, (ErrorKind::Unavailable, "the list does not end"));
    assert_eq!(server.calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_no_resource_is_not_taken_for_one_nor_for_its_absence() {
    for body in ["", "null", "[]", "1"] {
        let server = Server::start(answer("200 OK", body), Then::End, Pace::hurried()).await;
        let group = Id::group(SUBSCRIPTION, "g");
        let put = server.arm.put(CALL, &group, &Value::Null).await.unwrap_err();
        let glance = server.arm.glance(CALL, &group, &[]).await.unwrap_err();
        for error in [server.refusal().await, put, glance] {
            let told = (error.kind, error.reason.as_str());
            assert_eq!(told, (ErrorKind::Unavailable, "the answer is not a resource"), "{body}");
        }
    }
    let server = Server::start(answer("200 OK", ""), Then::End, Pace::hurried()).await;
    let group = Id::group(SUBSCRIPTION, "g");
    assert_eq!(server.arm.post(CALL, &group, "stop", &Value::Null).await.unwrap(), Value::Null);
    assert!(server.arm.delete(CALL, &group).await.unwrap());
}

#[tokio::test]
async fn a_token_goes_nowhere_in_the_clear() {
    let arm = connected("http://azure.example/", Pace::hurried()).await.arm;
    let error = arm.get(CALL, &Id::group(SUBSCRIPTION, "g")).await.unwrap_err();
    let told = (error.kind, error.reason.as_str());
    assert_eq!(told, (ErrorKind::Refused, "a token is not sent over plain http"));
    assert!(!error.hints.join(" ").contains("az login"), "{:?}", error.hints);
}
