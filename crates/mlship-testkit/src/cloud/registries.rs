//! The processes that keep the images of a stand-in's registries.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;

use serde_json::Value;

use crate::registry::{Registry, get};

/// The processes behind the registries that exist, each begun when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Running {
    used: BTreeMap<String, Registry>,
    /// Emptied, for the next registry: a process takes long to start.
    spare: Vec<Registry>,
}

impl Running {
    /// Gives up all that `kept` does not name.
    pub(crate) fn keep(&mut self, kept: &[String]) {
        let gone: Vec<String> =
            self.used.keys().filter(|made| !kept.contains(made)).cloned().collect();
        for made in gone {
            let Some(process) = self.used.remove(&made) else { continue };
            let stored = process.storage().join("docker");
            if !stored.exists() || fs::remove_dir_all(stored).is_ok() {
                self.spare.push(process);
            }
        }
    }

    /// What is left when the subscription is emptied.
    pub(crate) fn emptied(mut self) -> Self {
        self.keep(&[]);
        self
    }

    /// Whether there is a process behind one.
    pub(crate) fn has(&self, made: &str) -> bool {
        self.used.contains_key(made)
    }

    /// The process behind one; it is started when there is none.
    pub(crate) fn of(&mut self, made: String) -> &Registry {
        let Self { used, spare } = self;
        used.entry(made).or_insert_with(|| spare.pop().unwrap_or_else(Registry::start_that_removes))
    }
}

/// `REPOSITORY:TAG` of all images that a process keeps.
pub(crate) fn images(registry: SocketAddr) -> Vec<String> {
    let tagged = |repository: String| {
        let tags = texts(registry, &format!("/v2/{repository}/tags/list"), "tags");
        tags.into_iter().map(move |tag| format!("{repository}:{tag}"))
    };
    repositories(registry).into_iter().flat_map(tagged).collect()
}

/// The names of what a process was sent.
pub(crate) fn repositories(registry: SocketAddr) -> Vec<String> {
    texts(registry, "/v2/_catalog", "repositories")
}

fn texts(registry: SocketAddr, target: &str, member: &str) -> Vec<String> {
    let body = get(registry, target).unwrap_or_default();
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let all = body[member].as_array().cloned().unwrap_or_default();
    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
