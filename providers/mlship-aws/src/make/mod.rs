//! The calls that change something, one function a change.

pub(crate) mod address;
pub(crate) mod code;
pub(crate) mod concurrency;
pub(crate) mod environment;
pub(crate) mod image;
pub(crate) mod models;
mod parts;
mod patience;
mod push;
pub(crate) mod repository;
pub(crate) mod role;
pub(crate) mod store;

use std::collections::{BTreeMap, HashMap};

/// Tags as most of the SDK takes them.
pub(crate) fn tag_map(tags: &BTreeMap<String, String>) -> HashMap<String, String> {
    tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}
