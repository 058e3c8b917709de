//! A container group in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::Deployment;
use serde_json::Value;

use super::body::Told;
use super::{Group, door};
use crate::NAME;
use crate::config::{Access, Kind};
use crate::containers::access;
use crate::ledger::Ledger;

/// What exists, for people and programs.
pub(super) fn describe(group: &Group) -> Deployment {
    let Group { place, found, .. } = group;
    let ledger = group.ledger();
    let who = match Told::key_of(found) {
        Some(_) => Access::Key,
        None => Access::Public,
    };
    Deployment {
        provider: NAME,
        kind: Kind::ContainerInstances.as_str(),
        name: place.service.clone(),
        url: door::address(found),
        access: access(who).to_owned(),
        state: state(found, &ledger),
        live: ledger.live.as_ref().map(|live| live.id.clone()),
        versions: ledger.versions(),
        settings: settings(group),
    }
}

fn state(found: &Value, ledger: &Ledger) -> String {
    let properties = &found["properties"];
    let half_made = "half-made: run `mlship deploy --provider azure` again";
    match (properties["provisioningState"].as_str(), ledger) {
        (_, Ledger { live: None, .. } | Ledger { trial: Some(_), .. }) => half_made.to_owned(),
        (Some("Failed"), _) => "failed: the container does not start".to_owned(),
        (Some("Succeeded"), _) => match properties["instanceView"]["state"].as_str() {
            Some("Stopped") => "stopped".to_owned(),
            Some("Failed") => "failed: the container ended".to_owned(),
            _ => "ready".to_owned(),
        },
        _ => "updating".to_owned(),
    }
}

fn settings(group: &Group) -> BTreeMap<String, String> {
    let container = &group.found["properties"]["containers"][0]["properties"];
    let requests = &container["resources"]["requests"];
    let number = |value: &Value| value.as_f64().map(|number| number.to_string());
    let some = [
        ("location", Some(group.place.location.clone())),
        ("resource-group", Some(group.place.group.name().to_owned())),
        ("image", container["image"].as_str().map(str::to_owned)),
        ("cpu", number(&requests["cpu"])),
        ("memory-gb", number(&requests["memoryInGB"])),
    ];
    some.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}
