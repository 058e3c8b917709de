//! The near side: HTTP requests become events, and results become HTTP responses.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use serde_json::json;

use super::desk::{Desk, Outcome};
use super::reply::{self, Body};
use super::{answer as result, event, longest};

/// Answers one request.
pub(super) async fn answer(desk: &Desk, request: Request<Incoming>) -> Response<Body> {
    let (longest, _) = longest();
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, longest).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => return too_large(longest),
        Err(_) => return message(StatusCode::BAD_REQUEST, "Bad Request"),
    };
    let id = event::id();
    let event = event::event(&head, &body, &id).to_string();
    drop(body);
    if event.len() > longest {
        return too_large(longest);
    }
    let Some(outcome) = desk.hand_in(id, event.into()) else {
        return message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded.");
    };
    match outcome.await {
        Ok(Outcome::Result(bytes)) => result::response(&bytes).unwrap_or_else(|why| {
            desk.say(format!("a response is no answer: {why}"));
            failed()
        }),
        Ok(Outcome::Failed(_)) | Err(_) => failed(),
    }
}

fn too_large(longest: usize) -> Response<Body> {
    let text = format!("Request must be smaller than {longest} bytes as an event");
    message(StatusCode::PAYLOAD_TOO_LARGE, &text)
}

/// All that Lambda tells the caller; the operator is told why.
fn failed() -> Response<Body> {
    message(StatusCode::BAD_GATEWAY, "Internal Server Error")
}

fn message(status: StatusCode, text: &str) -> Response<Body> {
    reply::json(status, &json!({"Message": text}))
}
