//! The plan and the app, as they should be. Pure.
//!
//! Source: <https://learn.microsoft.com/azure/azure-functions/functions-infrastructure-as-code>.

use serde_json::{Value, json};

use super::wanted::Wanted;
use crate::blob::Store;
use crate::config::Config;
use crate::functions::Settings;
use crate::names::{MODELS, PACKAGES};
use crate::resource::{Resource, tags};
use crate::surroundings::{plan_id, site_id};

/// Azure's word for plans of this kind.
pub(super) const TIER: &str = "FlexConsumption";

/// The setting by which the app reads its own package.
const DEPLOYMENT: &str = "DEPLOYMENT_STORAGE_CONNECTION_STRING";
/// How many instances there may be when the manifest does not say: Azure's own default.
const MOST_INSTANCES: u32 = 100;

/// The plan, which has one app.
pub(super) fn plan(wanted: &Wanted<'_>, config: &Config) -> Resource {
    let place = &wanted.place;
    Resource {
        id: plan_id(place),
        noun: "plan",
        body: json!({
            "location": place.location,
            "tags": tags(&place.tags(config)),
            "kind": "functionapp",
            "sku": {"name": "FC1", "tier": TIER},
            "properties": {"reserved": true},
        }),
        unread: &[],
    }
}

/// The app. `packages` is the address of the container that Azure keeps its package in; with
/// `settings` it gets those and no others.
pub(super) fn app(
    wanted: &Wanted<'_>,
    config: &Config,
    packages: &str,
    settings: Option<&Settings>,
) -> Resource {
    let place = &wanted.place;
    let mut body = json!({
        "location": place.location,
        "tags": tags(&place.tags(config)),
        "kind": "functionapp,linux",
        "properties": {
            "serverFarmId": plan_id(place).as_str(),
            "httpsOnly": true,
            "functionAppConfig": {
                "deployment": {"storage": {
                    "type": "blobContainer",
                    "value": packages,
                    "authentication": {
                        "type": "StorageAccountConnectionString",
                        "storageAccountConnectionStringName": DEPLOYMENT,
                    },
                }},
                "runtime": {"name": "custom", "version": "1.0"},
                "scaleAndConcurrency": scale(wanted, config),
            },
        },
    });
    if let Some(settings) = settings {
        body["properties"]["siteConfig"] = json!({"appSettings": settings.list()});
    }
    let unread = &["/properties/siteConfig"];
    Resource { id: site_id(place, config), noun: "app", body, unread }
}

fn scale(wanted: &Wanted<'_>, config: &Config) -> Value {
    let ready = config.instances.min.filter(|ready| *ready > 0);
    let ready: Vec<Value> =
        ready.iter().map(|count| json!({"name": "http", "instanceCount": count})).collect();
    json!({
        "instanceMemoryMB": wanted.memory_mb,
        "maximumInstanceCount": config.instances.max.unwrap_or(MOST_INSTANCES),
        "alwaysReady": ready,
        "triggers": {"http": {
            "perInstanceConcurrency": wanted.release.project.resources.concurrency.value,
        }},
    })
}

/// The settings that the app must have. `logs` is where it writes to.
pub(super) fn settings(wanted: &Wanted<'_>, store: &Store, logs: &str) -> Settings {
    let account = store.connection_string();
    let mut all: Settings = [
        ("AzureWebJobsStorage", account.clone()),
        (DEPLOYMENT, account),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", logs.to_owned()),
    ]
    .into_iter()
    .collect();
    if !wanted.fetched.is_empty() {
        all.0.insert("MLSHIP_MODEL_STORE".to_owned(), store.readable(MODELS, None));
    }
    all
}

/// The address of the container that Azure keeps the app's own package in: not that of the packages
/// that mlship keeps, which Azure would overwrite.
pub(super) fn own_packages(store: &Store) -> String {
    store.container_url(RUNNING)
}

/// The container with what runs.
pub(super) const RUNNING: &str = "mlship-running";
/// The containers that every app has, besides that of the models.
pub(super) const CONTAINERS: [&str; 2] = [PACKAGES, RUNNING];
