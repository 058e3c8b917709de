//! The revisions of a container app: each is a template that stays as it is, with the image and the
//! environment that it was begun with.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::resource_type::Put;
use super::super::state::{Resource, State};
use super::{pull, secrets, traffic};

/// Where an app keeps them, oldest first.
pub(super) const REVISIONS: &str = "revisions";

/// How many that are not active are kept.
const KEPT: usize = 100;

/// What a change of an app does to its revisions.
pub(super) enum Next {
    /// There is no new one.
    Same,
    /// There is one, as it is kept, with its image.
    New(Value, Arc<Vec<u8>>),
    /// There is none, for this reason.
    Failed(String),
}

/// All that an app has.
pub(super) fn all(app: &Resource) -> &[Value] {
    app.hidden.get(REVISIONS).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What comes of a wanted template.
pub(super) fn next(state: &mut State, put: &Put<'_>, identity: &Value, kept: &Value) -> Next {
    let template = &put.body["properties"]["template"];
    let revisions = put.before.map_or(&[][..], all);
    let suffix = template["revisionSuffix"].as_str().filter(|suffix| !suffix.is_empty());
    let latest = revisions.last();
    let same = |one: &Value| plain(&one["template"]) == plain(template);
    let known = suffix.and_then(|suffix| revisions.iter().find(|one| one["suffix"] == suffix));
    match (known, suffix, latest) {
        (Some(known), ..) if same(known) => return Next::Same,
        (Some(_), Some(suffix), _) => {
            return Next::Failed(failed(
                put,
                "template.revisionsuffix",
                &format!(
                    "Invalid value: \"{suffix}\": revision with suffix {suffix} already exists."
                ),
            ));
        }
        (None, None, Some(latest)) if same(latest) => return Next::Same,
        _ => {}
    }
    let serial = state.next();
    let suffix = suffix.map_or_else(|| made_up(&put.id.key(), serial), str::to_owned);
    match image_of(state, put, identity) {
        Err((field, why)) => Next::Failed(failed(put, &field, &why)),
        Ok(image) => {
            let container = &template["containers"][0];
            let revision = json!({
                "name": format!("{}--{suffix}", put.id.name()), "suffix": suffix,
                "template": template, "active": true, "createdTime": moment(serial),
                "environment": secrets::environment(container, kept), "unready": state.tape.script.lag,
            });
            Next::New(revision, image)
        }
    }
}

/// The image of the first container; the others must be had too.
fn image_of(
    state: &mut State,
    put: &Put<'_>,
    identity: &Value,
) -> Result<Arc<Vec<u8>>, (String, String)> {
    let properties = &put.body["properties"];
    let registries = properties["configuration"]["registries"].as_array();
    let containers = properties["template"]["containers"].as_array();
    let mut first = None;
    for container in containers.into_iter().flatten() {
        let reference = container["image"].as_str().unwrap_or_default();
        let server = pull::server(reference);
        let login = registries.into_iter().flatten().find(|one| one["server"] == server);
        let with = login.and_then(|login| login["identity"].as_str());
        let image = pull::pulled(state, reference, identity, with).map_err(|why| {
            let name = container["name"].as_str().unwrap_or_default();
            let why = format!("Invalid value: \"{reference}\": {why}");
            (format!("template.containers.{name}.image"), why)
        })?;
        first.get_or_insert(image);
    }
    Ok(first.unwrap_or_default())
}

fn failed(put: &Put<'_>, field: &str, why: &str) -> String {
    format!(
        "Failed to provision revision for container app '{}'. Error details: The following \
         field(s) are either invalid or missing. Field '{field}' is invalid with details: '{why}';.",
        put.id.name()
    )
}

/// A template without the name that it goes by.
fn plain(template: &Value) -> Value {
    let mut template = template.clone();
    template.as_object_mut().map(|members| members.remove("revisionSuffix"));
    template
}

/// A suffix for who gives none: always the same for the same steps.
fn made_up(app: &str, serial: u64) -> String {
    let digest = Sha256::digest(format!("{app} {serial}"));
    let letters = digest.iter().take(7).map(|byte| char::from(b'a' + byte % 26));
    letters.collect()
}

/// A moment that is later for what came later.
pub(super) fn moment(serial: u64) -> String {
    let (hours, minutes, seconds) = (serial / 3600 % 24, serial / 60 % 60, serial % 60);
    format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}+00:00")
}

/// Begins a revision, when there is a new one. Where only one may be active, it is the last.
pub(super) fn begin(app: &mut Resource, new: Option<(Value, Arc<Vec<u8>>)>) {
    if let Some((revision, image)) = new {
        let name = revision["name"].as_str().unwrap_or_default().to_owned();
        app.files.insert(name, image);
        let all = app.hidden.entry(REVISIONS).or_insert_with(|| json!([]));
        if let Some(all) = all.as_array_mut() {
            all.push(revision);
        }
    }
    let single = app.text("/properties/configuration/activeRevisionsMode") != "Multiple";
    let Some(Value::Array(all)) = app.hidden.get_mut(REVISIONS) else { return };
    let last = all.len().saturating_sub(1);
    for old in all.iter_mut().take(last).filter(|_| single) {
        old["active"] = json!(false);
    }
    let idle: Vec<Value> = all.iter().filter(|one| one["active"] == false).cloned().collect();
    for gone in idle.iter().take(idle.len().saturating_sub(KEPT)) {
        all.retain(|one| one["name"] != gone["name"]);
        app.files.remove(gone["name"].as_str().unwrap_or_default());
    }
}

/// Changes one, by its name; false when there is none.
pub(super) fn change(app: &mut Resource, name: &str, change: impl FnOnce(&mut Value)) -> bool {
    let all = app.hidden.get_mut(REVISIONS).and_then(Value::as_array_mut);
    let found = all.into_iter().flatten().find(|one| one["name"] == name);
    found.map(change).is_some()
}

/// Brings nearer the moment when one is ready; true when it is not yet.
pub(super) fn unready(revision: &mut Value) -> bool {
    let left = revision["unready"].as_u64().unwrap_or(0);
    revision["unready"] = json!(left.saturating_sub(1));
    left > 0
}

/// What is shown of one, `ready` or not.
pub(super) fn shown(app: &Resource, revision: &Value, ready: bool) -> Value {
    let name = revision["name"].as_str().unwrap_or_default();
    let latest = all(app).last().and_then(|one| one["name"].as_str()).unwrap_or_default();
    let ingress = &app.body["properties"]["configuration"]["ingress"];
    let active = revision["active"] == true;
    let mut properties = json!({
        "createdTime": revision["createdTime"], "lastActiveTime": revision["createdTime"],
        "template": revision["template"], "active": active,
        "replicas": u8::from(active && ready),
        "trafficWeight": if active { traffic::weight_of(&ingress["traffic"], name, latest) } else { 0 },
        "healthState": if active && ready { "Healthy" } else { "None" },
        "provisioningState": match (active, ready) {
            (true, true) => "Provisioned",
            (true, false) => "Provisioning",
            (false, _) => "Deprovisioned",
        },
        "runningState": match (active, ready) {
            (true, true) => "Running",
            (true, false) => "Processing",
            (false, _) => "Stopped",
        },
    });
    if let Some(fqdn) = fqdn(app, name) {
        properties["fqdn"] = json!(fqdn);
    }
    json!({
        "id": format!("{}/revisions/{name}", app.id.text), "name": name,
        "type": "Microsoft.App/containerapps/revisions", "properties": properties,
    })
}

/// The host of a revision: the app's, with the revision's name in place of the app's.
pub(super) fn fqdn(app: &Resource, revision: &str) -> Option<String> {
    let own = app.body.pointer("/properties/configuration/ingress/fqdn")?.as_str()?;
    own.strip_prefix(app.id.name()).map(|rest| format!("{revision}{rest}"))
}

/// The environment that one was begun with.
pub(super) fn environment(revision: &Value) -> std::collections::BTreeMap<String, String> {
    let empty = Map::new();
    let members = revision["environment"].as_object().unwrap_or(&empty);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    members.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}
