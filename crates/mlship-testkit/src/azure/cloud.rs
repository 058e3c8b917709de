//! The stand-in as tests see it.

use std::sync::Arc;

use serde_json::Value;

use super::call::Call;
use super::faults::Script;
use super::server::Shared;
use super::state::{Resource, State};
use super::{SUBSCRIPTION, arm, containers, groups, storage};
pub use crate::cloud::served::Served;
use crate::cloud::server::Server;

/// A running stand-in; it ends with this value.
pub struct Cloud {
    shared: Arc<Shared>,
    server: Server,
}

impl Cloud {
    /// Starts one on threads of its own. `answer` says what a deployed artifact answers: given the
    /// request's body, the answer's, with status 200. An `Err` that is `timeout` is an artifact that
    /// does not answer within the load balancer's 230 seconds (504); one that begins with a status
    /// and a space (`401 {"detail": ...}`) is that answer; any other is an artifact that fails
    /// (500).
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(
        answer: impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::new(answer));
        let server = Server::start(Arc::clone(&shared));
        Self { shared, server }
    }

    /// The endpoint of Resource Manager: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// An empty subscription, no faults, no recorded calls.
    pub fn reset(&self) {
        reset(&mut self.shared.lock());
    }

    /// What is to go wrong from now on; calls are counted from 0 again.
    pub fn play(&self, script: Script) {
        self.shared.lock().tape.play(script);
    }

    /// Every call that arrived, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().tape.calls.clone()
    }

    /// How many calls were dropped so far.
    pub fn dropped(&self) -> usize {
        self.shared.lock().tape.dropped
    }

    /// How many calls changed something, or would have.
    pub fn writes(&self) -> u64 {
        self.shared.lock().tape.writes()
    }

    /// All that exists, sorted: ids of resources, `blob ACCOUNT/CONTAINER/NAME`, and
    /// `image REGISTRY/REPOSITORY:TAG`.
    pub fn contents(&self) -> Vec<String> {
        contents(&mut self.shared.lock())
    }

    /// The body of a resource, as GET shows it.
    pub fn resource(&self, id: &str) -> Option<Value> {
        let state = self.shared.lock();
        state.get(id).map(|resource| arm::shown(&state, resource))
    }

    /// Something that somebody else made: it is there, and was not checked.
    ///
    /// # Panics
    /// When the id is of no known type.
    pub fn plant(&self, id: &str, body: Value) {
        assert!(plant(&mut self.shared.lock(), id, body), "`{id}` is of no known type");
    }

    /// A globally unique name that somebody else has.
    pub fn take_name(&self, name: &str) {
        self.shared.lock().taken.insert(name.to_lowercase());
    }

    /// From now on the caller may not do this: `Microsoft.Web/sites/write`.
    pub fn deny(&self, action: &str) {
        self.shared.lock().denied.insert(action.to_lowercase());
    }

    /// From now on nothing more of a type can be made: `Microsoft.Web/serverfarms`.
    pub fn exhaust(&self, kind: &str) {
        self.shared.lock().exhausted.insert(kind.to_lowercase());
    }

    /// A line that something wrote, at milliseconds since 1970.
    pub fn log(&self, resource_id: &str, at_ms: i64, text: &str) {
        let line = (resource_id.to_lowercase(), at_ms, text.to_owned());
        self.shared.lock().lines.push(line);
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.server.end();
        // The processes behind it end here, whoever still holds what calls share.
        *self.shared.lock() = State::default();
    }
}

pub(super) fn reset(state: &mut State) {
    let azurites = std::mem::take(&mut state.azurites);
    let registries = std::mem::take(&mut state.registries).emptied();
    *state = State { port: state.port, azurites, registries, ..State::default() };
    state.azurites.empty();
}

pub(super) fn contents(state: &mut State) -> Vec<String> {
    let mut all: Vec<String> =
        state.resources.values().map(|resource| resource.id.text.clone()).collect();
    all.extend(storage::blob_names(state));
    all.extend(state.images.keys().map(|name| format!("image {name}")));
    all.extend(containers::image_names(state));
    all.sort();
    all
}

/// False when the id is of no known type. Its group is made too.
pub(super) fn plant(state: &mut State, id: &str, body: Value) -> bool {
    let group = match id.split('/').collect::<Vec<_>>().as_slice() {
        ["", "subscriptions", _, _, group, ..] => Some((*group).to_owned()),
        _ => None,
    };
    if let Some(group) = group.filter(|group| groups::find(state, group).is_none()) {
        let location = body["location"].as_str().unwrap_or("westeurope").to_owned();
        groups::plant(state, &group, serde_json::json!({"location": location}));
    }
    let path = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/");
    if let Some(name) = id.strip_prefix(&path).filter(|name| !name.contains('/')) {
        groups::plant(state, name, body);
        return true;
    }
    let Some(id) = arm::parse(id) else { return false };
    state.resources.insert(id.key(), Resource::new(id, body));
    true
}
