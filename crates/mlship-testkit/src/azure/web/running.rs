//! What a site runs: an image, a package at an address, or what was deployed to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{SITES, SLOTS, body};
use crate::azure::containers::pulled;
use crate::azure::state::{Resource, State};
use crate::azure::storage;

/// Looks up anew what a site runs, as a start does. When it cannot be had, nothing runs.
pub(super) fn load(state: &mut State, id: &str) {
    let Some(site) = state.get(id) else { return };
    let text = |kept: &str, name: &str| {
        let value = site.hidden.get(kept).and_then(|all| all[name].as_str());
        value.unwrap_or_default().to_owned()
    };
    let fx = text("web", "linuxFxVersion");
    let package = text("settings", "WEBSITE_RUN_FROM_PACKAGE");
    let deployed = site.files.get("deployed").cloned();
    let found = if let Some(reference) = fx.strip_prefix("DOCKER|") {
        let (identity, with) = pulls_with(site);
        let pulled = pulled(state, reference, &identity, with.as_deref());
        pulled.map(Some).map_err(|_| "the image could not be pulled")
    } else if package.contains("://") {
        storage::fetch(state, &package)
            .map(|package| Some(Arc::new(package)))
            .ok_or("the package could not be downloaded")
    } else {
        Ok(deployed)
    };
    let Some(site) = state.get_mut(id) else { return };
    site.files.remove("running");
    site.hidden.remove("broken");
    match found {
        Ok(Some(artifact)) => drop(site.files.insert("running".into(), artifact)),
        Ok(None) => {}
        Err(why) => drop(site.hidden.insert("broken".into(), json!(why))),
    }
}

/// The identities of a site, and the one that it pulls its image with, if it is to use any: an id,
/// or `system`. Settings name it by its client id.
fn pulls_with(site: &Resource) -> (Value, Option<String>) {
    let identity = site.body["identity"].clone();
    let web = site.hidden.get("web").cloned().unwrap_or_default();
    if web["acrUseManagedIdentityCreds"] != true {
        return (identity, None);
    }
    let client = web["acrUserManagedIdentityID"].as_str().unwrap_or_default();
    if client.is_empty() {
        return (identity, Some("system".to_owned()));
    }
    let mut named = identity["userAssignedIdentities"].as_object().into_iter().flatten();
    let with = named.find(|(_, ids)| ids["clientId"] == client).map(|(id, _)| id.clone());
    (identity, with)
}

/// Why a site cannot run what it should; `None` when it can.
pub(super) fn broken(site: &Resource) -> Option<&str> {
    site.hidden.get("broken").and_then(Value::as_str)
}

/// The app settings.
pub(super) fn environment(site: &Resource) -> BTreeMap<String, String> {
    let settings = site.hidden.get("settings").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    settings.into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// The site or slot whose hosts begin with this label.
pub(super) fn by_label(state: &State, label: &str) -> Option<Resource> {
    let mut all = state.of_kind(SITES).chain(state.of_kind(SLOTS));
    all.find(|site| body::host_label(&site.id) == label).cloned()
}
