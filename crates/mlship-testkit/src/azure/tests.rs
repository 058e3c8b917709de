//! The rules that the stand-in keeps, each seen from outside.

mod faults;
mod functions;
mod hosts;
mod logs;
mod manager;
mod packages;

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::http::{Arrived, Request, Response, exchange};
use super::{Cloud, SUBSCRIPTION};

/// One call over a connection of its own.
fn call(cloud: &Cloud, method: &str, host: &str, target: &str, body: &[u8]) -> Option<Response> {
    with(cloud, method, host, target, body, &[("authorization", "Bearer t")])
}

fn with(
    cloud: &Cloud,
    method: &str,
    host: &str,
    target: &str,
    body: &[u8],
    headers: &[(&str, &str)],
) -> Option<Response> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: std::collections::BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    headers.entry("content-type".into()).or_insert_with(|| "application/json".into());
    let request = Request {
        method: method.into(),
        host: host.into(),
        path: path.into(),
        query: query.into(),
        headers,
        body: body.to_vec(),
        arrived: Arrived::Whole,
    };
    exchange(address(cloud), &request).ok()
}

fn address(cloud: &Cloud) -> SocketAddr {
    cloud.url().trim_start_matches("http://").parse().unwrap()
}

/// A call to Resource Manager; the path is below the group `g` unless it begins with a slash.
fn arm(cloud: &Cloud, method: &str, path: &str, version: &str, body: &Value) -> Response {
    let path = match path.strip_prefix('/') {
        Some(path) => format!("/subscriptions/{SUBSCRIPTION}/{path}"),
        None => format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/g{path}"),
    };
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let target = format!("{path}?api-version={version}");
    call(cloud, method, "127.0.0.1", &target, &body).unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
}

fn cloud() -> Cloud {
    Cloud::start(|_, body| Ok(body.to_vec()))
}

/// A stand-in with the group `g`.
fn with_group() -> Cloud {
    let cloud = cloud();
    let made = arm(&cloud, "PUT", "", "2024-11-01", &json!({"location": "westeurope"}));
    assert_eq!(made.status, 201);
    cloud
}

const STORAGE: &str = "2025-08-01";
const WEB: &str = "2025-05-01";

/// Below a group.
fn below(rest: &str) -> String {
    format!("/resourceGroups/g/providers/{rest}")
}

fn put_account(cloud: &Cloud) -> Response {
    let body = json!({"location": "westeurope", "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"}});
    let path = below("Microsoft.Storage/storageAccounts/heartstore");
    arm(cloud, "PUT", &path, STORAGE, &body)
}

/// An account that is ready.
fn ready_account(cloud: &Cloud) {
    let made = put_account(cloud);
    let at = header(&made, "location").unwrap().to_owned();
    let target = at.split_once("://").unwrap().1.split_once('/').unwrap().1;
    while call(cloud, "GET", "127.0.0.1", &format!("/{target}"), &[]).unwrap().status == 202 {}
}
