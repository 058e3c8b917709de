//! Buckets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Bucket, ifs, now, ok, overlay, policy};
use crate::gcp::NUMBER;
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
        "insert" => insert(state, ask),
        "list" => list(state, ask),
        "patch" => patch(state, ask),
        "delete" => delete(state, ask),
        _ => return None,
    })
}

fn get(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let body = &state.storage.bucket(ask.path("bucket"))?.body;
    ifs::hold(ask, Some(body))?;
    ok(body)
}

fn list(state: &State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let prefix = ask.query("prefix").unwrap_or_default();
    let all = state.storage.buckets.iter().filter(|(name, _)| name.starts_with(prefix));
    let items: Vec<&Value> = all.map(|(_, bucket)| &bucket.body).collect();
    ok(&json!({"kind": "storage#buckets", "items": items}))
}

fn insert(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.body["name"].as_str().unwrap_or_default().to_owned();
    if !is_name(&name) {
        return Err(Refusal::invalid(format!("Invalid bucket name: '{name}'")));
    }
    if state.taken.contains(&name) {
        let message = "The requested bucket name is not available. The bucket namespace is shared \
                       by all users of the system. Please select a different name and try again.";
        return Err(Refusal::exists(message));
    }
    if state.storage.buckets.contains_key(&name) {
        let message = "Your previous request to create the named bucket succeeded and you already \
                       own it.";
        return Err(Refusal::exists(message));
    }
    make(state, &name, ask.body.clone());
    ok(&state.storage.bucket(&name)?.body)
}

/// Letters, digits, dashes, underscores and dots, 3 to 63 of them, and none of Google's words.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let known = |c: char| plain(c) || "-_.".contains(c);
    (3..=63).contains(&name.len())
        && name.chars().all(known)
        && name.starts_with(plain)
        && name.ends_with(plain)
        && !name.starts_with("goog")
}

/// Makes one as it is asked for.
pub(super) fn make(state: &mut State, name: &str, asked: Value) {
    let generation = super::generation(state);
    let time = now();
    let mut body = json!({
        "kind": "storage#bucket", "id": name, "name": name, "projectNumber": NUMBER,
        "selfLink": format!("http://127.0.0.1:{}/storage/v1/b/{name}", state.port),
        "generation": generation, "metageneration": "1", "etag": "CAE=",
        "location": "US", "locationType": "region", "storageClass": "STANDARD",
        "timeCreated": time, "updated": time,
        "iamConfiguration": {
            "uniformBucketLevelAccess": {"enabled": false},
            "publicAccessPrevention": "inherited",
        },
        "softDeletePolicy": {"retentionDurationSeconds": "604800"},
    });
    overlay(&mut body, &asked);
    let location = body["location"].as_str().unwrap_or("US").to_uppercase();
    let multi = ["US", "EU", "ASIA"].contains(&location.as_str());
    body["locationType"] = json!(if multi { "multi-region" } else { "region" });
    body["location"] = json!(location);
    let bucket = Bucket { body, objects: BTreeMap::new(), policy: policy::first() };
    state.storage.buckets.insert(name.to_owned(), bucket);
}

fn patch(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let bucket = state.storage.bucket(ask.path("bucket"))?;
    ifs::hold(ask, Some(&bucket.body))?;
    for fixed in ["name", "location", "projectNumber", "timeCreated"] {
        let (asked, is) = (&ask.body[fixed], &bucket.body[fixed]);
        if !asked.is_null() && asked != is {
            return Err(Refusal::invalid(format!("The {fixed} of a bucket cannot be changed.")));
        }
    }
    overlay(&mut bucket.body, &ask.body);
    next_metageneration(&mut bucket.body);
    ok(&bucket.body)
}

/// Counts a change of what is said of a bucket or an object.
pub(super) fn next_metageneration(body: &mut Value) {
    let before: u64 = body["metageneration"].as_str().and_then(|it| it.parse().ok()).unwrap_or(0);
    body["metageneration"] = json!((before + 1).to_string());
    body["updated"] = json!(now());
}

fn delete(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.path("bucket").to_owned();
    let bucket = state.storage.bucket(&name)?;
    ifs::hold(ask, Some(&bucket.body))?;
    if !bucket.objects.is_empty() {
        return Err(Refusal::exists("The bucket you tried to delete is not empty."));
    }
    state.storage.buckets.remove(&name);
    Ok(Response::empty(204))
}
