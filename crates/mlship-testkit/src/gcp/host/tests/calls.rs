//! Calls as callers make them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::cloud::http::{Arrived, Request, Response, exchange};
use crate::gcp::{Cloud, TOKEN};

pub(super) const PARENT: &str = "/v2/projects/research-1/locations/europe-west1";

/// One call with just these headers.
pub(super) fn send(
    cloud: &Cloud,
    host: &str,
    method: &str,
    target: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Response {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = Request {
        method: method.into(),
        host: host.into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: body.to_vec(),
        arrived: Arrived::Whole,
    };
    let address = cloud.url().trim_start_matches("http://").parse().unwrap();
    exchange(address, &request).unwrap()
}

/// A call to an API, below the region.
pub(super) fn api(cloud: &Cloud, method: &str, path: &str, body: &Value) -> Response {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let target = match path.strip_prefix("projects/") {
        Some(name) => format!("/v2/projects/{name}"),
        None => format!("{PARENT}{path}"),
    };
    send(cloud, "127.0.0.1", method, &target, &body, &headers)
}

/// The end of the operation that a call begins.
pub(super) fn done(cloud: &Cloud, method: &str, path: &str, body: &Value) -> Value {
    let begun = api(cloud, method, path, body);
    assert_eq!(begun.status, 200, "{}", begun.value());
    let name = begun.value()["name"].as_str().unwrap().to_owned();
    for _ in 0..20 {
        let looked = api(cloud, "GET", &name, &Value::Null).value();
        if looked["done"] == true {
            return looked;
        }
    }
    panic!("the operation does not end");
}

/// A call to a URL that the stand-in gave, with a token for an audience, if any.
pub(super) fn visit(cloud: &Cloud, url: &str, audience: Option<&str>) -> Response {
    let bearer = audience.map(|audience| format!("Bearer {}", token(audience, 4_000_000_000)));
    let headers: Vec<(&str, &str)> =
        bearer.iter().map(|it| ("authorization", it.as_str())).collect();
    let host = url.trim_start_matches("http://");
    send(cloud, host, "POST", "/predict", b"body", &headers)
}

pub(super) fn token(audience: &str, until: u64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({"aud": audience, "exp": until, "email": "me@example.org"});
    format!("{}.{}.x", part(json!({"alg": "none"})), part(claims))
}

/// Nothing was asked or answered that Google's documents do not know.
pub(super) fn no_complaints(cloud: &Cloud) {
    assert!(cloud.complaints().is_empty(), "{:?}", cloud.complaints());
}
