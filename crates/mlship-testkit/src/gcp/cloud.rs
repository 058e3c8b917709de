//! The stand-in as tests see it.

use std::sync::Arc;

use serde_json::Value;

use super::server::Shared;
use super::state::{Billing, State};
use super::{functions, registry, run, storage};
use crate::cloud::call::Call;
use crate::cloud::faults::Script;
use crate::cloud::served::Served;
use crate::cloud::server::Server;

/// A running stand-in; it ends with this value.
pub struct Cloud {
    shared: Arc<Shared>,
    server: Server,
}

impl Cloud {
    /// Starts one on threads of its own. `answer` says what a deployed artifact answers: given the
    /// request's body, the answer's, with status 200. An `Err` that is `timeout` is an artifact that
    /// does not answer in time (504); one that begins with a status and a space
    /// (`401 {"detail": ...}`) is that answer; any other is an artifact that fails (500).
    ///
    /// # Panics
    /// When there is no free port, or the discovery documents are not installed.
    pub fn start(
        answer: impl Fn(&Served<'_>, &[u8]) -> Result<Vec<u8>, String> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::new(answer));
        let server = Server::start(Arc::clone(&shared));
        Self { shared, server }
    }

    /// The endpoint of every API: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// An empty project with its APIs on, no faults, no recorded calls.
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

    /// How many calls arrived so far.
    pub fn count(&self) -> usize {
        self.shared.lock().tape.calls.len()
    }

    /// The call at which the connection was first dropped of those that came last without an
    /// answer.
    pub fn dropped_at(&self) -> Option<Call> {
        let state = self.shared.lock();
        state.tape.calls.iter().rev().take_while(|call| call.status.is_none()).last().cloned()
    }

    /// How many calls were dropped so far.
    pub fn dropped(&self) -> usize {
        self.shared.lock().tape.dropped
    }

    /// How many calls changed something, or would have.
    pub fn writes(&self) -> u64 {
        self.shared.lock().tape.writes()
    }

    /// What was asked that Google's documents do not know, each with the place of it; a mistake of
    /// the stand-in's own is told here too.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.lock().complaints.clone()
    }

    /// What was sent that Google passes over, each with its place: fields that are read-only. The
    /// vendor's own clients do so; a caller that writes what it means does not.
    pub fn remarks(&self) -> Vec<String> {
        self.shared.lock().remarks.clone()
    }

    /// All that exists, sorted: full names of resources, `bucket NAME`, `object BUCKET/NAME`, and
    /// `image PROJECT/REPOSITORY/NAME@DIGEST`.
    pub fn contents(&self) -> Vec<String> {
        contents(&mut self.shared.lock())
    }

    /// Something that somebody else made, by its full name: it is there, and was not checked.
    ///
    /// # Panics
    /// When the name is of no known kind.
    pub fn plant(&self, name: &str, body: Value) {
        assert!(plant(&mut self.shared.lock(), name, body), "`{name}` is of no known kind");
    }

    /// A bucket's name that somebody else has.
    pub fn take_name(&self, bucket: &str) {
        self.shared.lock().taken.insert(bucket.to_owned());
    }

    /// From now on the caller has not this permission: `run.services.create`.
    pub fn deny(&self, permission: &str) {
        self.shared.lock().denied.insert(permission.to_owned());
    }

    /// From now on nothing is left of a quota: `CpuAllocPerProjectRegion`.
    pub fn exhaust(&self, quota: &str) {
        self.shared.lock().exhausted.insert(quota.to_owned());
    }

    /// An API that is off until it is enabled: `run.googleapis.com`.
    pub fn disable(&self, api: &str) {
        self.shared.lock().disabled.insert(api.to_owned());
    }

    /// From now on so many calls to an API still find it off after it was put on.
    pub fn wake_late(&self, calls: u32) {
        self.shared.lock().wakes_late = calls;
    }

    /// From now on nobody pays.
    pub fn billing_off(&self) {
        self.shared.lock().billing = Billing::Off;
    }

    /// A policy of the organisation: `constraints/iam.allowedPolicyMemberDomains`.
    pub fn forbid(&self, policy: &str) {
        self.shared.lock().forbidden.insert(policy.to_owned());
    }

    /// A region that has no GPU.
    pub fn no_gpu(&self, region: &str) {
        self.shared.lock().without_gpu.insert(region.to_owned());
    }

    /// A line that a service (`SERVICE`) or a revision of it (`SERVICE/REVISION`) wrote, at milliseconds since 1970.
    pub fn log(&self, service: &str, at_ms: i64, text: &str) {
        self.shared.lock().lines.push((service.to_owned(), at_ms, text.to_owned()));
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
    let registries = std::mem::take(&mut state.registries).emptied();
    *state = State { port: state.port, registries, ..State::default() };
}

pub(super) fn contents(state: &mut State) -> Vec<String> {
    let mut all = storage::contents(state);
    all.extend(run::contents(state));
    all.extend(registry::names(state));
    all.extend(registry::contents(state));
    all.sort();
    all
}

/// False when the name is of no known kind.
pub(super) fn plant(state: &mut State, name: &str, body: Value) -> bool {
    if let Some(bucket) = name.strip_prefix("bucket ") {
        storage::plant(state, bucket, body);
        return true;
    }
    match name.split('/').collect::<Vec<_>>().as_slice() {
        ["projects", _, "locations", _, "repositories", _] => {
            registry::plant(state, name, body);
            true
        }
        ["projects", _, "locations", _, "services", _] => run::plant(state, name, &body),
        ["projects", _, "locations", _, "functions", _] => functions::plant(state, name, &body),
        ["projects", _, "secrets", _, "versions", _] => {
            let value = body["value"].as_str().unwrap_or_default().to_owned();
            state.secrets.insert(name.to_owned(), value);
            true
        }
        _ => false,
    }
}
