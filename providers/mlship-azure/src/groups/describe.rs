//! A container group in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::Deployment;
use serde_json::Value;

use super::body::Told;
use super::{Group, door};
use crate::NAME;
use crate::access;
use crate::config::Kind;
use crate::ledger::Ledger;

/// What exists, for people and programs.
pub(super) fn describe(group: &Group) -> Deployment {
    let Group { place, found, .. } = group;
    let ledger = group.ledger();
    let who = access::by_key(Told::key_of(found).as_deref());
    Deployment {
        provider: NAME,
        kind: Kind::ContainerInstances.as_str(),
        name: place.service.clone(),
        url: door::address(found),
        access: access::words(who).to_owned(),
        state: state(found, &ledger),
        live: ledger.live.as_ref().map(|live| live.id.clone()),
        versions: ledger.versions(),
        settings: settings(group),
    }
}

fn state(found: &Value, ledger: &Ledger) -> String {
    let properties = &found["properties"];
    let other = match properties["provisioningState"].as_str() {
        Some("Failed") => "failed: the container does not start",
        Some("Succeeded") => match properties["instanceView"]["state"].as_str() {
            Some("Stopped") => "stopped",
            Some("Failed") => "failed: the container ended",
            _ => "ready",
        },
        _ => "updating",
    };
    ledger.half_made().unwrap_or(other).to_owned()
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
