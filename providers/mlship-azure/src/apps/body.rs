//! What Azure is told of an app. Pure.

use mlship_bundle::MODEL_STORE;
use mlship_core::traffic::Traffic;
use serde_json::{Value, json};

use super::found::App;
use super::secrets::{KEY_SECRET, MODELS_SECRET};
use super::traffic::rules;
use super::wanted::{CONSUMPTION, Wanted};
use crate::arm::Id;
use crate::containers::{CONTAINER, KEY, PORT, STAMP};
use crate::resource::{Resource, tags};
use crate::surroundings;

/// The environment that the app lives in. Where its logs go is told when it is made.
pub(super) fn environment(wanted: &Wanted) -> Resource {
    let Wanted { place, config, profile, .. } = wanted;
    let mut profiles = vec![profile_body(CONSUMPTION)];
    if profile != CONSUMPTION {
        profiles.push(profile_body(profile));
    }
    Resource {
        id: wanted.environment.clone(),
        noun: "environment",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "properties": {
                "appLogsConfiguration": {"destination": "log-analytics"},
                "workloadProfiles": profiles,
            },
        }),
        unread: &[],
    }
}

/// Machines of one's own are counted; those of the consumption profiles are not.
fn profile_body(profile: &str) -> Value {
    let mut body = json!({"name": profile, "workloadProfileType": profile});
    if !profile.starts_with(CONSUMPTION) {
        body["minimumCount"] = json!(1);
        body["maximumCount"] = json!(3);
    }
    body
}

/// The app, but for its revisions and its secrets. `server` is the registry's host.
pub(super) fn app(wanted: &Wanted, server: &str, identity: &Id) -> Resource {
    let Wanted { place, config, .. } = wanted;
    Resource {
        id: wanted.app.clone(),
        noun: "container app",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "identity": {
                "type": "UserAssigned",
                "userAssignedIdentities": {identity.as_str(): {}},
            },
            "properties": {
                "environmentId": wanted.environment.as_str(),
                "workloadProfileName": wanted.profile,
                "configuration": {
                    "activeRevisionsMode": "Multiple",
                    "ingress": {
                        "external": true,
                        "targetPort": PORT,
                        "transport": "auto",
                        "allowInsecure": false,
                    },
                    "registries": [{"server": server, "identity": identity.as_str()}],
                },
            },
        }),
        // Azure writes the ids of identities, which are names of members here, in its own case.
        unread: &["/identity/userAssignedIdentities"],
    }
}

/// A revision: the image, and what it is run with.
pub(super) fn template(wanted: &Wanted, image: &str) -> Value {
    json!({
        "revisionSuffix": wanted.stamp.id,
        "containers": [{
            "name": CONTAINER,
            "image": image,
            "resources": {
                "cpu": f64::from(wanted.size.milli_cpu) / 1000.0,
                "memory": format!("{}Gi", f64::from(wanted.size.memory_mb) / 1024.0),
            },
            "env": variables(wanted),
            "probes": probes(),
        }],
        "scale": {
            "minReplicas": wanted.replicas.0,
            "maxReplicas": wanted.replicas.1,
            "rules": [{
                "name": "http",
                "http": {"metadata": {"concurrentRequests": wanted.concurrency.to_string()}},
            }],
        },
    })
}

fn variables(wanted: &Wanted) -> Value {
    let mut all = vec![json!({"name": STAMP, "value": wanted.stamp.write()})];
    if wanted.asks_for_key() {
        all.push(json!({"name": KEY, "secretRef": KEY_SECRET}));
    }
    if !wanted.models.is_empty() {
        all.push(json!({"name": MODEL_STORE, "secretRef": MODELS_SECRET}));
    }
    all.into()
}

/// A model may take minutes to load: it is not ready then, and it is alive.
/// Source: <https://learn.microsoft.com/azure/container-apps/health-probes>, 2026-11-21.
fn probes() -> Value {
    let probe = |kind: &str, path: &str, period: u32| {
        json!({
            "type": kind,
            "httpGet": {"path": path, "port": PORT},
            "periodSeconds": period,
            "timeoutSeconds": 5,
            "failureThreshold": 10,
        })
    };
    json!([
        probe("Startup", "/healthz", 5),
        probe("Liveness", "/healthz", 10),
        probe("Readiness", "/readyz", 5),
    ])
}

/// The whole of an app with a new revision, as a PUT takes it. `over` is the app as it is sent
/// without one.
pub(super) fn whole(over: Value, template: Value, secrets: Value, traffic: &Value) -> Value {
    let mut body = over;
    body["properties"]["template"] = template;
    let configuration = &mut body["properties"]["configuration"];
    configuration["secrets"] = secrets;
    configuration["ingress"]["traffic"] = traffic.clone();
    body
}

/// A change of traffic, and of what is live, in one.
pub(super) fn moved(app: &App, traffic: &Traffic, live: &str) -> Value {
    json!({
        // Every write of an app names its place.
        "location": app.body["location"],
        "tags": {crate::names::LIVE: live},
        "properties": {"configuration": {"ingress": {"traffic": rules(traffic, app.id.name())}}},
    })
}

/// The workspace of the environment's logs.
pub(super) fn workspace(wanted: &Wanted) -> Resource {
    surroundings::workspace(&wanted.place, &wanted.config)
}
