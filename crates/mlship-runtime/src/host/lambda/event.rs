//! HTTP requests as Lambda events, and their responses: function URLs and API Gateway HTTP APIs
//! (payload 2.0), API Gateway REST APIs (payload 1.0), load balancers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::host::ask::Headers;
use crate::host::routes::Reply;
use crate::problem::{Kind, Problem};

/// An HTTP request that came as an event.
#[derive(Debug)]
pub(super) struct Event {
    source: Source,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    encoding: Encoding,
}

/// What made the event, which decides the shape of the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// A function URL, or API Gateway with payload 2.0.
    Payload2,
    /// API Gateway with payload 1.0.
    Payload1,
    /// A load balancer.
    Balancer,
    /// A load balancer that is set to send and take lists of values.
    BalancerMulti,
}

/// How a body is written into an event.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    Text,
    Base64,
}

/// The parts of an event that say what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    version: Option<String>,
    raw_path: Option<String>,
    path: Option<String>,
    http_method: Option<String>,
    request_context: Option<Context>,
    headers: Option<BTreeMap<String, Option<String>>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
struct Context {
    http: Option<Http>,
    elb: Option<IgnoredAny>,
    stage: Option<String>,
}

#[derive(Deserialize)]
struct Http {
    method: String,
    path: Option<String>,
}

impl Event {
    /// The request in an event; `None` when the event is not an HTTP request.
    pub(super) fn read(event: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(event).ok()?;
        let context = wire.request_context?;
        let (source, method, path) = match (context.http, context.elb, wire.http_method) {
            (Some(http), _, _) if wire.version.as_deref() == Some("2.0") => {
                (Source::Payload2, http.method, wire.raw_path.or(http.path)?)
            }
            (_, Some(_), Some(method)) => {
                let multi = wire.multi_value_headers.is_some();
                let source = if multi { Source::BalancerMulti } else { Source::Balancer };
                (source, method, wire.path?)
            }
            (_, None, Some(method)) => (Source::Payload1, method, wire.path?),
            _ => return None,
        };
        let path = without_stage(path, context.stage.as_deref());
        let headers = headers(wire.headers, wire.multi_value_headers);
        let encoded = wire.is_base64_encoded == Some(true);
        let encoding = if encoded { Encoding::Base64 } else { Encoding::Text };
        let body = wire.body.unwrap_or_default();
        Some(Self { source, method, path, headers, body, encoding })
    }

    /// The request's method.
    pub(super) fn method(&self) -> &str {
        &self.method
    }

    /// The request's path, without the stage.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The request's body; nothing is left there.
    pub(super) fn take_body(&mut self) -> Result<Vec<u8>, Problem> {
        let body = std::mem::take(&mut self.body);
        match self.encoding {
            Encoding::Text => Ok(body.into_bytes()),
            Encoding::Base64 => STANDARD.decode(&body).map_err(|_| {
                Problem::new(Kind::BrokenBody, "the body is said to be base64 and is not")
            }),
        }
    }

    /// True when what made the event takes a response as it comes; a load balancer does not.
    pub(super) fn may_be_streamed(&self) -> bool {
        matches!(self.source, Source::Payload2 | Source::Payload1)
    }

    /// The response that makes Lambda send `reply`.
    pub(super) fn response(&self, reply: &Reply) -> Vec<u8> {
        let (body, encoded) = match std::str::from_utf8(&reply.body) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (Cow::Owned(STANDARD.encode(&reply.body)), true),
        };
        let mut headers = Map::new();
        for (name, value) in reply.headers() {
            let multi = self.source == Source::BalancerMulti;
            headers.insert(name.into(), if multi { json!([value]) } else { json!(value) });
        }
        let mut response = Map::new();
        response.insert("statusCode".into(), json!(reply.status));
        if matches!(self.source, Source::Balancer | Source::BalancerMulti) {
            response.insert("statusDescription".into(), json!(description(reply.status)));
        }
        let key =
            if self.source == Source::BalancerMulti { "multiValueHeaders" } else { "headers" };
        response.insert(key.into(), Value::Object(headers));
        response.insert("body".into(), Value::String(body.into_owned()));
        response.insert("isBase64Encoded".into(), json!(encoded));
        Value::Object(response).to_string().into_bytes()
    }
}

/// The head of a response that is streamed: its status and headers in JSON, then eight zero bytes.
/// The body follows as it is.
pub(super) fn head(reply: &Reply) -> Vec<u8> {
    let headers = reply.headers().map(|(name, value)| (name.to_owned(), json!(value)));
    let headers = Value::Object(headers.collect::<Map<_, _>>());
    let mut head =
        json!({ "statusCode": reply.status, "headers": headers }).to_string().into_bytes();
    head.extend([0; 8]);
    head
}

impl Headers for Event {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(String::as_bytes)
    }
}

/// The headers by their names in lower case. Of several values the first counts.
fn headers(
    single: Option<BTreeMap<String, Option<String>>>,
    multi: Option<BTreeMap<String, Vec<String>>>,
) -> BTreeMap<String, String> {
    let single = single.unwrap_or_default().into_iter();
    let single = single.filter_map(|(name, value)| Some((name, value?)));
    let multi = multi.unwrap_or_default().into_iter();
    let multi = multi.filter_map(|(name, values)| Some((name, values.into_iter().next()?)));
    single.chain(multi).map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
}

/// A stage other than `$default` stands before the path of payload 2.0.
fn without_stage(path: String, stage: Option<&str>) -> String {
    let rest = stage
        .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest {
        Some("") => "/".into(),
        Some(rest) => rest.to_owned(),
        None => path,
    }
}

/// `200 OK`, as load balancers ask for it.
fn description(status: u16) -> String {
    let reason = hyper::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    format!("{status} {}", reason.unwrap_or_default())
}

#[cfg(test)]
mod tests;
