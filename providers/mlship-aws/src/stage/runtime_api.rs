//! The far side: the Runtime API, as the container's program speaks it.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::desk::{Desk, Outcome};
use super::longest;
use super::reply::{self, Body};
use crate::event::failure;

/// The longest report of an error that is read, in bytes.
const LONGEST_ERROR: usize = 256 * 1024;

/// Answers one call of the program.
pub(super) async fn answer(desk: &Arc<Desk>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix("/2018-06-01/runtime/").unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    match (&head.method, &parts[..]) {
        (&Method::GET, ["invocation", "next"]) => next(desk).await,
        (&Method::POST, ["invocation", id, "response"]) => response(desk, id, body).await,
        (&Method::POST, ["invocation", id, "error"]) => {
            let why = failure(&error(body).await);
            taken(desk.take_in(id, Outcome::Failed(why)))
        }
        (&Method::POST, ["init", "error"]) => {
            desk.say(format!("it could not start: {}", failure(&error(body).await)));
            taken(true)
        }
        _ => refuse(StatusCode::NOT_FOUND, "InvalidPath", "the Runtime API has no such call"),
    }
}

async fn next(desk: &Arc<Desk>) -> Response<Body> {
    let invocation = desk.next().await;
    let trace = format!("Root=1-{};Sampled=0", invocation.id);
    let headers = [
        ("lambda-runtime-aws-request-id", invocation.id),
        ("lambda-runtime-deadline-ms", invocation.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:0:function:local".into()),
        ("lambda-runtime-trace-id", trace),
    ];
    let mut response = Response::new(Full::new(invocation.event));
    let to = response.headers_mut();
    to.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            to.insert(name, value);
        }
    }
    response
}

async fn response(desk: &Desk, id: &str, body: Incoming) -> Response<Body> {
    let (_, longest) = longest();
    match Limited::new(body, longest).collect().await {
        Ok(body) => taken(desk.take_in(id, Outcome::Result(body.to_bytes()))),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let why = format!("its response is longer than {longest} bytes, the most of Lambda");
            desk.take_in(id, Outcome::Failed(why.clone()));
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &why)
        }
        Err(_) => refuse(StatusCode::BAD_REQUEST, "Truncated", "the response was cut off"),
    }
}

/// The program's report of an error; what cannot be read of it is left out.
async fn error(body: Incoming) -> Bytes {
    let body = Limited::new(body, LONGEST_ERROR).collect().await;
    body.map(|body| body.to_bytes()).unwrap_or_default()
}

fn taken(waited_for: bool) -> Response<Body> {
    if waited_for {
        reply::json(StatusCode::ACCEPTED, &json!({"status": "OK"}))
    } else {
        let why = "no invocation of this id is waited for";
        refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", why)
    }
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    let error: Value = json!({"errorMessage": message, "errorType": kind});
    reply::json(status, &error)
}
