//! A container app in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::{Deployment, Version};
use serde_json::Value;

use super::found::{App, Readiness};
use crate::NAME;
use crate::access;
use crate::config::Kind;
use crate::containers::access_in;
use crate::names::Place;
use mlship_registry::http;

/// What exists, for people and programs.
pub(super) fn describe(app: &App, place: &Place) -> Deployment {
    let traffic = app.traffic();
    let shown = traffic.as_ref().and_then(|traffic| app.revision(&traffic.live));
    let shown = shown.or(app.revisions.first());
    let who =
        shown.map_or(crate::config::Access::Public, |revision| access_in(&revision.environment));
    Deployment {
        provider: NAME,
        kind: Kind::ContainerApps.as_str(),
        name: place.service.clone(),
        url: app.host().map(http::origin),
        access: access::words(who).to_owned(),
        state: state(app),
        live: traffic.map(|traffic| traffic.live),
        versions: app
            .kept()
            .into_iter()
            .map(|one| one.stamp.version(app.share_of(&one.stamp.id)))
            .collect(),
        settings: settings(app, place, shown.map_or(&Value::Null, |revision| &revision.body)),
    }
}

/// The version that gets the traffic, or the most of it that was there first.
pub(super) fn live(app: &App) -> Option<Version> {
    let traffic = app.traffic()?;
    let live = app.revision(&traffic.live)?;
    Some(live.stamp.version(traffic.share_of(&traffic.live)))
}

fn state(app: &App) -> String {
    let traffic = app.traffic();
    let live = traffic.as_ref().and_then(|traffic| app.revision(&traffic.live));
    match (live.map(|live| &live.readiness), app.body["properties"]["provisioningState"].as_str()) {
        (_, Some("InProgress" | "Deleting")) => "updating".to_owned(),
        (None, _) => "half-made: run `mlship deploy --provider azure` again".to_owned(),
        (Some(Readiness::Failed(why) | Readiness::Ailing(why)), _) => format!("failed: {why}"),
        (Some(Readiness::Off), _) => "stopped".to_owned(),
        (Some(Readiness::Busy), _) => "starting".to_owned(),
        (Some(Readiness::Up), _) => "ready".to_owned(),
    }
}

fn settings(app: &App, place: &Place, revision: &Value) -> BTreeMap<String, String> {
    let template = &revision["properties"]["template"];
    let container = &template["containers"][0];
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => {
            Some(other.as_f64().map_or_else(|| other.to_string(), |number| number.to_string()))
        }
    };
    let rule = &template["scale"]["rules"][0]["http"]["metadata"]["concurrentRequests"];
    let some = [
        ("location", Some(place.location.clone())),
        ("resource-group", Some(place.group.name().to_owned())),
        ("app", Some(app.id.name().to_owned())),
        ("workload-profile", text(&app.body["properties"]["workloadProfileName"])),
        ("image", text(&container["image"])),
        ("cpu", text(&container["resources"]["cpu"])),
        ("memory", text(&container["resources"]["memory"])),
        ("instances-min", text(&template["scale"]["minReplicas"])),
        ("instances-max", text(&template["scale"]["maxReplicas"])),
        ("concurrency", text(rule)),
    ];
    some.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}
