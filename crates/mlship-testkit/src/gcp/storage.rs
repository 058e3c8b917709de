//! Cloud Storage's JSON API: buckets, what is in them, and who may see it. Everything is seen at
//! once, as Storage promises.

mod buckets;
mod ifs;
mod multipart;
mod objects;
mod policy;
mod sums;
#[cfg(test)]
mod tests;
mod upload;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::discovery::{Ask, is_upload};
use super::error::Refusal;
use super::http::Response;
use super::state::State;
use crate::cloud::time;

/// All that is stored.
#[derive(Debug, Default)]
pub(crate) struct Store {
    buckets: BTreeMap<String, Bucket>,
    /// Uploads that can be taken up again, by their ids.
    sessions: BTreeMap<String, upload::Session>,
}

#[derive(Debug)]
struct Bucket {
    /// As GET shows it.
    body: Value,
    objects: BTreeMap<String, Object>,
    /// `{bindings, etag, version}`.
    policy: Value,
}

#[derive(Debug)]
struct Object {
    /// As GET shows it.
    body: Value,
    bytes: Arc<Vec<u8>>,
}

/// What Storage makes of a call.
pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    let method = ask.id.strip_prefix("storage.")?;
    Some(match method {
        "objects.insert" if is_upload(ask.request) => upload::answer(state, ask),
        "buckets.getIamPolicy" => policy::get(state, ask),
        "buckets.setIamPolicy" => policy::set(state, ask),
        "buckets.testIamPermissions" => policy::test(state, ask),
        _ => match method.split_once('.')? {
            ("buckets", method) => buckets::answer(state, ask, method)?,
            ("objects", method) => objects::answer(state, ask, method)?,
            _ => return None,
        },
    })
}

/// The bytes of an object; of the generation, when one is asked for.
pub(crate) fn object(
    state: &State,
    bucket: &str,
    object: &str,
    generation: Option<&str>,
) -> Option<Arc<Vec<u8>>> {
    let found = state.storage.buckets.get(bucket)?.objects.get(object)?;
    let same = generation.is_none_or(|generation| found.body["generation"] == generation);
    same.then(|| Arc::clone(&found.bytes))
}

/// `bucket NAME` and `object BUCKET/NAME` for all that is stored.
pub(crate) fn contents(state: &State) -> Vec<String> {
    let mut all = Vec::new();
    for (name, bucket) in &state.storage.buckets {
        all.push(format!("bucket {name}"));
        all.extend(bucket.objects.keys().map(|object| format!("object {name}/{object}")));
    }
    all
}

/// A bucket that somebody made in this project.
pub(crate) fn plant(state: &mut State, bucket: &str, body: Value) {
    buckets::make(state, bucket, body);
}

impl Store {
    fn bucket(&mut self, name: &str) -> Result<&mut Bucket, Refusal> {
        let missing = || Refusal::not_found("The specified bucket does not exist.");
        self.buckets.get_mut(name).ok_or_else(missing)
    }
}

/// A number for a generation: microseconds since 1970, in order.
fn generation(state: &mut State) -> String {
    (1_767_225_600_000_000 + state.next()).to_string()
}

fn now() -> String {
    time::moment(time::now())
}

fn ok(body: &Value) -> Result<Response, Refusal> {
    Ok(Response::json(200, body))
}

/// Puts one body's members over another's; `null` removes.
fn overlay(onto: &mut Value, with: &Value) {
    match (onto.as_object_mut(), with.as_object()) {
        (Some(members), Some(new)) => {
            for (name, value) in new {
                match value {
                    Value::Null => drop(members.remove(name)),
                    value => overlay(members.entry(name.clone()).or_insert(json!(null)), value),
                }
            }
        }
        _ => *onto = with.clone(),
    }
}
