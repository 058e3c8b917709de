//! What Azure is told of a group. Pure.

use mlship_bundle::MODEL_STORE;
use serde_json::{Value, json};

use super::wanted::Wanted;
use crate::containers::{CONTAINER, KEY, PORT};
use crate::images::Pull;
use crate::ledger::Ledger;
use crate::names::{LIVE, PREVIOUS, TRIAL};
use crate::resource::{Resource, tags};
use crate::stamp::Stamp;

/// What a container is told when it starts.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// The key that callers show.
    pub(super) key: Option<String>,
    /// Where models are, signed.
    pub(super) models: Option<String>,
}

impl Told {
    /// The key of a group that is there, which may be read.
    pub(super) fn key_of(found: &Value) -> Option<String> {
        Some(variable(found, KEY)?["value"].as_str()?.to_owned())
    }

    fn variables(&self) -> Value {
        let key = self.key.iter().map(|key| json!({"name": KEY, "value": key}));
        let models = self.models.iter();
        let models = models.map(|url| json!({"name": MODEL_STORE, "secureValue": url}));
        key.chain(models).collect()
    }
}

/// Whether the container of a group fetches models.
pub(super) fn fetches(found: &Value) -> bool {
    variable(found, MODEL_STORE).is_some()
}

fn variable<'f>(found: &'f Value, name: &str) -> Option<&'f Value> {
    let all = found["properties"]["containers"][0]["properties"]["environmentVariables"].as_array();
    all?.iter().find(|variable| variable["name"] == name)
}

/// The group, but for what it is told.
pub(super) fn group(wanted: &Wanted, server: &str, image: &str, identity: &str) -> Resource {
    let Wanted { place, config, .. } = wanted;
    Resource {
        id: wanted.group.clone(),
        noun: "container group",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
            "properties": {
                "osType": "Linux",
                "restartPolicy": "Always",
                "ipAddress": {
                    "type": "Public",
                    "ports": [{"protocol": "TCP", "port": PORT}],
                    "dnsNameLabel": wanted.label,
                },
                "imageRegistryCredentials": [{"server": server, "identity": identity}],
                "containers": [{
                    "name": CONTAINER,
                    "properties": {
                        "image": image,
                        "ports": [{"protocol": "TCP", "port": PORT}],
                        "resources": {
                            "requests": {"cpu": wanted.cores, "memoryInGB": wanted.memory_gb()},
                        },
                    },
                }],
            },
        }),
        // Azure writes the ids of identities, which are names of members here, in its own case.
        unread: &["/identity/userAssignedIdentities"],
    }
}

/// A group as it is sent: with what the container is told, and what is written down of versions.
pub(super) fn sent(mut body: Value, told: &Told, ledger: &Ledger) -> Value {
    let container = &mut body["properties"]["containers"][0]["properties"];
    container["environmentVariables"] = told.variables();
    let text = |stamp: &Option<Stamp>| stamp.as_ref().map(Stamp::write).unwrap_or_default();
    for (tag, stamp) in [(LIVE, &ledger.live), (PREVIOUS, &ledger.previous), (TRIAL, &ledger.trial)]
    {
        body["tags"][tag] = text(stamp).into();
    }
    body
}

/// What was found, as it can be sent again with another image: without what Azure adds.
pub(super) fn again(found: &Value, pull: &Pull) -> Value {
    let properties = &found["properties"];
    let container = &properties["containers"][0];
    let own = &container["properties"];
    let identity = pull.identity.as_str();
    json!({
        "location": found["location"],
        "tags": found["tags"],
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
        "properties": {
            "osType": properties["osType"],
            "restartPolicy": properties["restartPolicy"],
            "ipAddress": {
                "type": properties["ipAddress"]["type"],
                "ports": properties["ipAddress"]["ports"],
                "dnsNameLabel": properties["ipAddress"]["dnsNameLabel"],
            },
            "imageRegistryCredentials": [{"server": pull.server, "identity": identity}],
            "containers": [{
                "name": container["name"],
                "properties": {
                    "image": pull.image,
                    "ports": own["ports"],
                    "resources": {"requests": own["resources"]["requests"]},
                },
            }],
        },
    })
}
