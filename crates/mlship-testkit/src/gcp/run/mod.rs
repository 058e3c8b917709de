//! Cloud Run: services, their revisions, and who gets the traffic. Plain values and rules; it
//! takes no connections and starts nothing: what a revision needs of the rest it asks a [`World`].

mod access;
mod api;
mod artifact;
mod conditions;
mod defaults;
mod gpu;
mod mask;
mod names;
mod plant;
mod problem;
mod project;
mod resources;
mod revision;
mod rules;
mod service;
mod settle;
mod starts;
pub(in crate::gcp) mod text;
mod traffic;
mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::error::Refusal;
pub(in crate::gcp) use super::registry::Image;
pub(in crate::gcp) use access::{is_public, set_policy, tested};
pub(in crate::gcp) use api::{answer, name_of, page, with};
pub(in crate::gcp) use defaults::account;
pub(in crate::gcp) use mask::patched;
pub(in crate::gcp) use names::{Place, region_code, region_is_known};
pub(in crate::gcp) use plant::{contents, plant};
pub(in crate::gcp) use problem::field;
pub(in crate::gcp) use resources::{bytes, milli};
pub(in crate::gcp) use rules::labels as check_labels;
pub(in crate::gcp) use service::{Change, Persist, create, not_found, patch, remove};
pub(in crate::gcp) use settle::{finish, started, take};
pub(in crate::gcp) use starts::{looks, start_due};
pub(in crate::gcp) use traffic::answering;
pub(in crate::gcp) use world::World;

/// All services, by their whole name.
#[derive(Debug, Default)]
pub(crate) struct Services {
    pub(in crate::gcp) all: BTreeMap<String, Service>,
    /// Counts what was made and changed, for names and times that never come twice.
    pub(in crate::gcp) serial: u64,
}

/// One service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// As GET shows it.
    pub(in crate::gcp) body: Value,
    /// Oldest first.
    pub(in crate::gcp) revisions: Vec<Revision>,
    /// Who may call it.
    pub(in crate::gcp) policy: Value,
    /// Revisions that were ever made: their names count on.
    pub(in crate::gcp) made: u64,
    /// Calls that were answered: the split goes by it.
    pub(in crate::gcp) answered: u64,
    /// What the last change came to grief with.
    pub(in crate::gcp) failed: Option<Refusal>,
}

/// One revision.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    /// As GET shows it.
    pub(in crate::gcp) body: Value,
    /// What it runs: a gzipped tar, a zip, or the tars of all layers.
    pub(in crate::gcp) artifact: Option<Arc<Vec<u8>>>,
    /// What its process is given, with the names that Cloud Run sets.
    pub(in crate::gcp) environment: BTreeMap<String, String>,
    pub(in crate::gcp) stage: Stage,
}

/// How far a revision is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// Its container is to be started.
    Due,
    /// Somebody is at it.
    Starting,
    /// It came up; nobody was told yet.
    Up,
    /// It can be called.
    Ready,
    /// It never will be.
    Failed(Refusal),
}

impl Service {
    /// The last part of its name.
    pub(in crate::gcp) fn id(&self) -> &str {
        text::last(text::of(&self.body, "/name"))
    }

    pub(in crate::gcp) fn revision(&self, id: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.id() == id)
    }

    pub(in crate::gcp) fn revision_mut(&mut self, id: &str) -> Option<&mut Revision> {
        self.revisions.iter_mut().find(|revision| revision.id() == id)
    }

    /// The newest that can be called.
    pub(in crate::gcp) fn latest_ready(&self) -> Option<&Revision> {
        self.revisions.iter().rfind(|revision| revision.stage == Stage::Ready)
    }
}

impl Revision {
    /// The last part of its name.
    pub(in crate::gcp) fn id(&self) -> &str {
        text::last(text::of(&self.body, "/name"))
    }
}
