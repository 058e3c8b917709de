//! An app of functions in the port's words.

use std::collections::BTreeMap;

use mlship_core::deployment::Deployment;
use serde_json::Value;

use super::Hosts;
use crate::NAME;
use crate::access;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::names::Place;
use mlship_registry::http;

/// What there is to say.
#[derive(Debug)]
pub(crate) struct Shown<'s> {
    pub(crate) place: &'s Place,
    pub(crate) config: &'s Config,
    /// The app as Azure shows it.
    pub(crate) app: &'s Value,
    /// Settings beyond those of every kind.
    pub(crate) settings: BTreeMap<&'static str, String>,
}

/// What exists, for people and programs.
pub(crate) fn describe(shown: Shown<'_>) -> Deployment {
    let Shown { place, config, app, settings } = shown;
    let ledger = Ledger::of(app);
    let hosts = Hosts::of(app);
    let common = [
        ("location", place.location.clone()),
        ("resource-group", place.group.name().to_owned()),
        ("app", app["name"].as_str().unwrap_or_default().to_owned()),
    ];
    let settings = common.into_iter().chain(settings);
    // It is a part of the package, so that a version brings its own.
    let access = ledger.live.as_ref().map_or(config.access, |live| live.access);
    Deployment {
        provider: NAME,
        kind: config.kind.as_str(),
        name: place.service.clone(),
        url: hosts.map(|hosts| http::origin(&hosts.standard)),
        access: access::words(access).to_owned(),
        state: state(app, &ledger),
        live: ledger.live.as_ref().map(|live| live.id.clone()),
        versions: ledger.versions(),
        settings: settings.map(|(key, value)| (key.to_owned(), value)).collect(),
    }
}

fn state(app: &Value, ledger: &Ledger) -> String {
    let other = match app["properties"]["state"].as_str() {
        Some("Stopped") => "stopped",
        _ => "ready",
    };
    ledger.half_made().unwrap_or(other).to_owned()
}
