//! Swaps two slots: what was deployed, the settings and the configuration change places, except
//! the settings that stay with their slot. Names, hosts, tags and keys stay.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::error::{bad, web_error};
use super::{SITES, running};
use crate::azure::http::Response;
use crate::azure::operations;
use crate::azure::resource_type::Act;
use crate::azure::state::State;

/// Begins a swap of the slot that is called with the one that is named.
pub(super) fn begin(state: &mut State, act: &Act<'_>) -> Response {
    let sent = act.request.json();
    let target = sent["targetSlot"].as_str().unwrap_or_default();
    if target.is_empty() {
        return bad("The parameter targetSlot is missing.");
    }
    let site = match act.id.kind {
        SITES => act.id.text.clone(),
        _ => act.id.parent(),
    };
    let other = match target.to_lowercase().as_str() {
        "production" => site.clone(),
        slot => format!("{site}/slots/{slot}"),
    };
    if state.get(&other).is_none() {
        let message = format!("Cannot find slot '{target}'.");
        return web_error(404, "NotFound", "51004", &message);
    }
    let busy = |id: &str| state.get(id).is_some_and(|found| found.operation.is_some());
    if busy(&act.id.text) || busy(&other) {
        let message = "Cannot modify this site because another operation is in progress.";
        return web_error(409, "Conflict", "59203", message);
    }
    let one = act.id.text.clone();
    operations::begin_action(state, act.id, Arc::new(move |state| swap(state, &site, &one, &other)))
}

fn swap(state: &mut State, site: &str, one: &str, other: &str) {
    let sticky = state.get(site).and_then(|site| site.hidden.get("sticky")).cloned();
    let sticky: Vec<String> = sticky
        .as_ref()
        .and_then(|sticky| sticky["appSettingNames"].as_array())
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let (Some(mut a), Some(mut b)) = (state.get(one).cloned(), state.get(other).cloned()) else {
        return;
    };
    let mut settings = [&a, &b].map(|slot| {
        let kept = slot.hidden.get("settings").and_then(Value::as_object);
        kept.cloned().unwrap_or_default()
    });
    let [of_a, of_b] = &mut settings;
    std::mem::swap(of_a, of_b);
    exchange(of_a, of_b, &sticky);
    let [of_a, of_b] = settings;
    a.hidden.insert("settings".into(), json!(of_a));
    b.hidden.insert("settings".into(), json!(of_b));
    for name in ["web", "deployments"] {
        let (was_a, was_b) = (a.hidden.remove(name), b.hidden.remove(name));
        a.hidden.extend(was_b.map(|value| (name.to_owned(), value)));
        b.hidden.extend(was_a.map(|value| (name.to_owned(), value)));
    }
    std::mem::swap(&mut a.files, &mut b.files);
    state.resources.insert(a.id.key(), a);
    state.resources.insert(b.id.key(), b);
    running::load(state, one);
    running::load(state, other);
}

/// Gives sticky settings back to the slot that they came from.
fn exchange(a: &mut Map<String, Value>, b: &mut Map<String, Value>, sticky: &[String]) {
    for name in sticky {
        let (in_a, in_b) = (a.remove(name), b.remove(name));
        a.extend(in_b.map(|value| (name.clone(), value)));
        b.extend(in_a.map(|value| (name.clone(), value)));
    }
}
