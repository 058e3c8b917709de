//! What is in buckets: looked at, read, listed, removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::buckets::next_metageneration;
use super::{Object, generation, ifs, now, ok, overlay, sums};
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::Response;
use crate::gcp::state::State;

pub(super) fn answer(
    state: &mut State,
    ask: &Ask<'_>,
    method: &str,
) -> Option<Result<Response, Refusal>> {
    Some(match method {
        "get" => get(state, ask),
        "list" => list(state, ask),
        "patch" => patch(state, ask),
        "delete" => delete(state, ask),
        _ => return None,
    })
}

fn missing(bucket: &str, object: &str) -> Refusal {
    Refusal::not_found(format!("No such object: {bucket}/{object}"))
}

fn found<'s>(state: &'s mut State, ask: &Ask<'_>) -> Result<&'s mut Object, Refusal> {
    let (bucket, name) = (ask.path("bucket"), ask.path("object"));
    let object = state.storage.bucket(bucket)?.objects.get_mut(name);
    let object = object.ok_or_else(|| missing(bucket, name))?;
    if ask.query("generation").is_some_and(|wanted| object.body["generation"] != wanted) {
        return Err(missing(bucket, name));
    }
    ifs::hold(ask, Some(&object.body))?;
    Ok(object)
}

fn get(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let object = found(state, ask)?;
    match ask.is_media() {
        true => Ok(read(object, ask.request.header("range"))),
        false => ok(&object.body),
    }
}

/// The bytes, or those that `Range` asks for.
fn read(object: &Object, range: Option<&str>) -> Response {
    let length = object.bytes.len();
    let text = |name: &str| object.body[name].as_str().unwrap_or_default();
    let sums = format!("crc32c={},md5={}", text("crc32c"), text("md5Hash"));
    let dressed = |status: u16, bytes: &[u8]| {
        let media_type = object.body["contentType"].as_str().unwrap_or("application/octet-stream");
        Response::typed(status, media_type, bytes.to_vec())
            .with("x-goog-hash", &sums)
            .with("x-goog-generation", text("generation"))
            .with("etag", text("etag"))
            .with("accept-ranges", "bytes")
    };
    match range.and_then(|range| part(range, length)) {
        None => dressed(200, &object.bytes),
        Some(Err(())) => Response::text(416, "Requested range not satisfiable")
            .with("content-range", &format!("bytes */{length}")),
        Some(Ok((from, to))) => dressed(206, &object.bytes[from..to])
            .with("content-range", &format!("bytes {from}-{}/{length}", to - 1)),
    }
}

/// Where a range begins and ends; `None` when it is none that is understood.
fn part(range: &str, length: usize) -> Option<Result<(usize, usize), ()>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from, to) {
        ("", last) => (length.saturating_sub(last.parse().ok()?), length),
        (from, "") => (from.parse().ok()?, length),
        (from, to) => (from.parse().ok()?, length.min(to.parse::<usize>().ok()? + 1)),
    };
    Some(if from < to { Ok((from, to)) } else { Err(()) })
}

fn list(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let prefix = ask.query("prefix").unwrap_or_default();
    let delimiter = ask.query("delimiter").filter(|it| !it.is_empty());
    let from = ask.query("pageToken").or(ask.query("startOffset")).unwrap_or_default();
    let most = ask.query("maxResults").and_then(|it| it.parse().ok()).unwrap_or(1000).min(1000);
    let bucket = state.storage.bucket(ask.path("bucket"))?;
    let (mut items, mut prefixes, mut next) = (Vec::new(), BTreeSet::new(), None);
    for (name, object) in &bucket.objects {
        let Some(rest) = name.strip_prefix(prefix) else { continue };
        if name.as_str() < from {
            continue;
        }
        if items.len() + prefixes.len() >= most {
            next = Some(name);
            break;
        }
        match delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len())) {
            Some(end) => drop(prefixes.insert(format!("{prefix}{}", &rest[..end]))),
            None => items.push(object.body.clone()),
        }
    }
    let mut body = json!({"kind": "storage#objects"});
    for (member, all) in [("items", json!(items)), ("prefixes", json!(prefixes))] {
        if all.as_array().is_some_and(|all| !all.is_empty()) {
            body[member] = all;
        }
    }
    if let Some(next) = next {
        body["nextPageToken"] = json!(next);
    }
    ok(&body)
}

fn patch(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let object = found(state, ask)?;
    overlay(&mut object.body, &ask.body);
    next_metageneration(&mut object.body);
    ok(&object.body)
}

fn delete(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    found(state, ask)?;
    state.storage.bucket(ask.path("bucket"))?.objects.remove(ask.path("object"));
    Ok(Response::empty(204))
}

/// Puts bytes into a bucket, over what was there.
///
/// # Errors
/// When a condition does not hold, or a checksum is not the bytes'.
pub(super) fn put(
    state: &mut State,
    bucket: &str,
    asked: &Value,
    bytes: Vec<u8>,
) -> Result<Value, Refusal> {
    let generation = generation(state);
    let port = state.port;
    let name = asked["name"].as_str().unwrap_or_default().to_owned();
    let (crc32c, md5) = (sums::crc32c(&bytes), sums::md5(&bytes));
    for (member, is) in [("crc32c", &crc32c), ("md5Hash", &md5)] {
        let given = asked[member].as_str().unwrap_or(is);
        if given != is {
            let message = format!(
                "Provided {member} hash \"{given}\" doesn't match calculated {member} hash \"{is}\"."
            );
            return Err(Refusal::invalid(message));
        }
    }
    let time = now();
    let mut body = json!({"contentType": "application/octet-stream"});
    overlay(&mut body, asked);
    let own = json!({
        "kind": "storage#object", "id": format!("{bucket}/{name}/{generation}"), "name": name,
        "selfLink": format!("http://127.0.0.1:{port}/storage/v1/b/{bucket}/o/{name}"),
        "bucket": bucket, "generation": generation, "metageneration": "1",
        "storageClass": "STANDARD", "size": bytes.len().to_string(), "md5Hash": md5,
        "crc32c": crc32c, "etag": format!("C{generation}"), "timeCreated": time, "updated": time,
    });
    overlay(&mut body, &own);
    let object = Object { body: body.clone(), bytes: Arc::new(bytes) };
    state.storage.bucket(bucket)?.objects.insert(name, object);
    Ok(body)
}
