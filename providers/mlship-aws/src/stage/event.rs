//! The event of an HTTP request at a function URL: payload format 2.0.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap, USER_AGENT};
use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

/// What stands before the address of every function URL.
const PREFIX: &str = "local";

/// The event of a request. A body of text is text, any other is base64; an empty one is left out.
pub(super) fn event(head: &Parts, body: &[u8], id: &str) -> Value {
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers(&head.headers),
        "requestContext": context(head, id),
        "isBase64Encoded": false,
    });
    let cookies = cookies(&head.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = Value::Object(parameters(query));
    }
    match str::from_utf8(body) {
        _ if body.is_empty() => {}
        Ok(text) if is_text(&head.headers) => event["body"] = json!(text),
        _ => {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event
}

/// The id of an invocation, in the form of a UUID; no two of a process are the same.
pub(super) fn id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let (high, low) = ((now >> 32) as u32, now as u32);
    format!("{high:08x}-{:04x}-4{:03x}-8000-{count:012x}", low >> 16, low & 0xfff)
}

fn context(head: &Parts, id: &str) -> Value {
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
    let now = DateTime::from(SystemTime::now());
    json!({
        "accountId": "anonymous",
        "apiId": PREFIX,
        "domainName": text(HOST).unwrap_or_default(),
        "domainPrefix": PREFIX,
        "http": {
            "method": head.method.as_str(),
            "path": head.uri.path(),
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": text(USER_AGENT).unwrap_or_default(),
        },
        "requestId": id,
        "routeKey": "$default",
        "stage": "$default",
        "time": log_time(&now),
        "timeEpoch": now.to_millis().unwrap_or_default(),
    })
}

/// `12/Mar/2020:19:03:58 +0000`.
fn log_time(now: &DateTime) -> String {
    // `Thu, 12 Mar 2020 19:03:58 GMT`, with a fraction where there is one.
    let date = DateTime::from_secs(now.secs()).fmt(Format::HttpDate).unwrap_or_default();
    match date.split(' ').collect::<Vec<_>>()[..] {
        [_, day, month, year, time, _] => format!("{day}/{month}/{year}:{time} +0000"),
        _ => date,
    }
}

/// Names in small letters; the values of one name joined by commas. Cookies are not among them.
fn headers(all: &HeaderMap) -> Map<String, Value> {
    let names = all.keys().filter(|name| *name != COOKIE);
    let joined = names.map(|name| {
        let values = all.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        (name.to_string(), json!(values.collect::<Vec<_>>().join(",")))
    });
    joined.collect()
}

fn cookies(all: &HeaderMap) -> Vec<String> {
    let lines = all.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split("; ")).map(str::to_owned).collect()
}

/// Decoded; the values of one name joined by commas.
fn parameters(query: &str) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match all.get_mut(name.as_ref()) {
            Some(Value::String(before)) => {
                before.push(',');
                before.push_str(&value);
            }
            _ => drop(all.insert(name.into_owned(), json!(value))),
        }
    }
    all
}

/// Whether a body is handed on as text.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || ["application/json", "application/javascript", "application/xml"]
            .contains(&kind.as_str())
}
