//! All that exists in the subscription, and what is to go wrong. One lock guards it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::id::Id;
use super::operations::Operation;
use super::storage::Azurites;
use crate::cloud::registries::Running;
use crate::cloud::tape::Tape;

/// The subscription.
#[derive(Default)]
pub(super) struct State {
    /// Where the stand-in listens.
    pub(super) port: u16,
    /// By id in lower case.
    pub(super) resources: BTreeMap<String, Resource>,
    pub(super) operations: BTreeMap<String, Operation>,
    /// Names that somebody else has, in lower case.
    pub(super) taken: BTreeSet<String>,
    /// Actions that are refused, in lower case.
    pub(super) denied: BTreeSet<String>,
    /// Types of which nothing more can be made, in lower case.
    pub(super) exhausted: BTreeSet<String>,
    pub(super) tape: Tape,
    /// Lines that were logged: resource id in lower case, time in milliseconds, text.
    pub(super) lines: Vec<(String, i64, String)>,
    /// Images that are there without a registry, by reference.
    pub(super) images: BTreeMap<String, Arc<Vec<u8>>>,
    /// Counts what was made, for ids and keys that never come twice.
    pub(super) serial: u64,
    /// The storage processes; they outlive a reset.
    pub(super) azurites: Azurites,
    /// The processes behind container registries.
    pub(super) registries: Running,
}

/// One resource; a resource group is one too.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) id: Id,
    /// What is shown, without `id`, `name` and `type`.
    pub(super) body: Value,
    /// What is kept and never shown: settings, keys, state of the stand-in's own.
    pub(super) hidden: Map<String, Value>,
    /// What was uploaded.
    pub(super) files: BTreeMap<String, Arc<Vec<u8>>>,
    /// So many looks do not find it yet.
    pub(super) unseen: u32,
    /// So many lists leave it out yet.
    pub(super) unlisted: u32,
    /// The operation that is at work on it.
    pub(super) operation: Option<String>,
}

impl Resource {
    pub(super) fn new(id: Id, body: Value) -> Self {
        Self {
            id,
            body,
            hidden: Map::new(),
            files: BTreeMap::new(),
            unseen: 0,
            unlisted: 0,
            operation: None,
        }
    }

    /// A text in the body, by JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn location(&self) -> &str {
        self.text("/location")
    }

    /// Sets a member of `properties`.
    pub(super) fn set_property(&mut self, name: &str, value: Value) {
        if !self.body["properties"].is_object() {
            self.body["properties"] = json!({});
        }
        self.body["properties"][name] = value;
    }
}

impl State {
    pub(super) fn get(&self, id: &str) -> Option<&Resource> {
        self.resources.get(&id.to_lowercase())
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Resource> {
        self.resources.get_mut(&id.to_lowercase())
    }

    /// The resources of a type.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.resources.values().filter(move |resource| resource.id.kind == kind)
    }

    /// The resource of a type that has this name, wherever it is.
    pub(super) fn named(&self, kind: &str, name: &str) -> Option<&Resource> {
        self.of_kind(kind).find(|resource| resource.id.name().eq_ignore_ascii_case(name))
    }

    /// Whether a globally unique name is in use, here or by somebody else.
    pub(super) fn is_taken(&self, kind: &str, name: &str) -> bool {
        self.taken.contains(&name.to_lowercase()) || self.named(kind, name).is_some()
    }

    /// Removes a resource and all that is within it or hangs on it.
    pub(super) fn remove(&mut self, id: &str) {
        let key = id.to_lowercase();
        let within = format!("{key}/");
        self.resources.retain(|other, _| *other != key && !other.starts_with(&within));
    }

    /// A number that was not given before.
    pub(super) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A new id in the form of a UUID.
    pub(super) fn uuid(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.next())
    }

    /// An address on this machine that is told apart by its host: `http` is meant.
    pub(super) fn host(&self, name: &str) -> String {
        format!("{name}:{}", self.port)
    }
}
