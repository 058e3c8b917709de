//! An app with a slot, in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::Deployment;
use serde_json::Value;

use crate::NAME;
use crate::access;
use crate::functions::Hosts;
use crate::ledger::Ledger;
use crate::sizes;
use mlship_registry::http;

use super::look::App;
use super::program::Names;

/// What exists, for people and programs. `plan` is the App Service plan.
pub(crate) fn describe(names: &Names, app: &App, plan: &Value) -> Deployment {
    let ledger = app.ledger();
    Deployment {
        provider: NAME,
        kind: names.kind.as_str(),
        name: names.place.service.clone(),
        url: Hosts::of(&app.site.found).map(|hosts| http::origin(&hosts.standard)),
        access: access::words(app.site.access(names.kind).unwrap_or(names.access)).to_owned(),
        state: state(app, &ledger),
        live: ledger.live.as_ref().map(|live| live.id.clone()),
        versions: ledger.versions(),
        settings: settings(names, app, plan),
    }
}

fn state(app: &App, ledger: &Ledger) -> String {
    match () {
        () if ledger.live.is_none() => "half-made: run `mlship deploy --provider azure` again",
        () if app.site.is_stopped() => "stopped",
        () => "ready",
    }
    .to_owned()
}

fn settings(names: &Names, app: &App, plan: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let sku = plan["sku"]["name"].as_str();
    let size = sku.and_then(|sku| sizes::named(names.kind, sku));
    let image = app.site.fx().strip_prefix("DOCKER|");
    let digest =
        image.and(app.site.stamp()).map(|stamp| format!("sha256:{}", stamp.package_sha256));
    let next =
        app.slot.as_ref().map(|slot| slot.stamp().map_or("empty".into(), |next| next.id.clone()));
    let all = [
        ("location", Some(names.place.location.clone())),
        ("resource-group", Some(names.place.group.name().to_owned())),
        ("app", Some(names.site.name().to_owned())),
        ("sku", sku.map(str::to_owned)),
        ("memory-mb", size.map(|size| size.memory_mb.to_string())),
        ("instances-min", text(&plan["sku"]["capacity"])),
        (
            "instances-max",
            match plan["sku"]["tier"] == "ElasticPremium" {
                true => text(&plan["properties"]["maximumElasticWorkerCount"]),
                false => None,
            },
        ),
        ("image", image.map(str::to_owned)),
        ("image-digest", digest),
        ("slot", next),
    ];
    let set = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?));
    all.into_iter().filter_map(set).collect()
}
