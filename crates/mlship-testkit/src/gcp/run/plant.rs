//! Services that somebody else made, and what exists.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Persist, Place, create, finish, started, take, text, with};
use crate::gcp::state::State;

/// Plants a service by its whole name: it is there at once and was not built. False when it cannot
/// be.
pub(in crate::gcp) fn plant(state: &mut State, name: &str, body: &Value) -> bool {
    let Some(place) = Place::of(name) else { return false };
    let mut body = body.clone();
    if text::list(&body, "/template/containers").is_empty() {
        let image = "us-docker.pkg.dev/cloudrun/container/hello";
        body["template"]["containers"] = json!([{"image": image}]);
    }
    let built = Some(Arc::new(b"planted".to_vec()));
    with(state, |services, state| {
        let id = text::last(name);
        let made = create(services, &place, id, &body, built, Persist::Yes, state);
        while let Some(start) = take(services) {
            started(services, &start, Ok(()));
        }
        made.is_ok() && finish(services, name).is_ok()
    })
}

/// The whole names of services, functions, and revisions.
pub(in crate::gcp) fn contents(state: &State) -> Vec<String> {
    let revisions = state.services.all.iter().flat_map(|(name, service)| {
        let of = move |id: &str| format!("{name}/revisions/{id}");
        service.revisions.iter().map(move |revision| of(revision.id()))
    });
    let services = state.services.all.keys().cloned();
    services.chain(state.functions.all.keys().cloned()).chain(revisions).collect()
}
