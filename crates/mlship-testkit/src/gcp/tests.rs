//! The stand-in from outside: how tests call it.

mod core;
mod tokens;

use serde_json::Value;

use super::http::{Request, Response, exchange};
use super::{Cloud, TOKEN};
use crate::cloud::http::Arrived;

/// One that answers with what it was sent.
pub(super) fn cloud() -> Cloud {
    Cloud::start(|_, body| Ok(body.to_vec()))
}

/// A call without a body that is answered.
pub(super) fn call(cloud: &Cloud, method: &str, target: &str) -> Response {
    sent(cloud, method, target, b"", &[]).expect("an answer")
}

/// A call with JSON that is answered.
pub(super) fn json_call(cloud: &Cloud, method: &str, target: &str, body: &Value) -> Response {
    sent(cloud, method, target, body.to_string().as_bytes(), &[]).expect("an answer")
}

/// Any call to an API; `None` when the connection was dropped.
pub(super) fn sent(
    cloud: &Cloud,
    method: &str,
    target: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Option<Response> {
    sent_to(cloud, "127.0.0.1", method, target, body, headers)
}

/// Any call to a host.
pub(super) fn sent_to(
    cloud: &Cloud,
    host: &str,
    method: &str,
    target: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Option<Response> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: std::collections::BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    headers.entry("content-type".into()).or_insert_with(|| "application/json".into());
    headers.entry("authorization".into()).or_insert_with(|| format!("Bearer {TOKEN}"));
    let request = Request {
        method: method.into(),
        host: host.into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: body.to_vec(),
        arrived: Arrived::Whole,
    };
    let address = cloud.url().trim_start_matches("http://").parse().expect("an address");
    exchange(address, &request).ok()
}
