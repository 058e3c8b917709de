//! What a site shows of itself.

use serde_json::{Value, json};

use super::SLOTS;
use super::error::bad;
use super::skus::{Runs, Sku};
use crate::azure::http::Response;
use crate::azure::id::Id;
use crate::azure::resource_type::{Put, overlay};
use crate::azure::state::{Resource, State};

/// The name that a site's hosts begin with: `heart`, or `heart-next` for a slot.
pub(super) fn host_label(id: &Id) -> String {
    id.names.join("-").to_lowercase()
}

/// Where a site answers.
pub(super) fn host_name(state: &State, id: &Id) -> String {
    state.host(&format!("{}.azurewebsites.localhost", host_label(id)))
}

/// Where it is deployed to.
pub(super) fn scm_name(state: &State, id: &Id) -> String {
    state.host(&format!("{}.scm.azurewebsites.localhost", host_label(id)))
}

/// The configuration that a site begins with.
pub(super) fn default_config(sku: Sku) -> Value {
    json!({
        "numberOfWorkers": 1, "linuxFxVersion": "", "netFrameworkVersion": "v4.0",
        "alwaysOn": false, "http20Enabled": false, "minTlsVersion": "1.2",
        "scmMinTlsVersion": "1.2", "ftpsState": "FtpsOnly", "use32BitWorkerProcess": false,
        "acrUseManagedIdentityCreds": false, "acrUserManagedIdentityID": null,
        "appCommandLine": "", "functionAppScaleLimit": 0,
        "minimumElasticInstanceCount": if sku.tier == "ElasticPremium" { 1 } else { 0 },
        "preWarmedInstanceCount": 0, "healthCheckPath": null,
    })
}

/// What Flex Consumption wants to know of an app.
pub(super) fn check_function_app_config(config: &Value) -> Result<(), Response> {
    if config.is_null() {
        return Ok(());
    }
    let storage = &config["deployment"]["storage"];
    if storage["type"] != "blobContainer" || storage["value"].as_str().is_none_or(str::is_empty) {
        let message = "Site.FunctionAppConfig.Deployment.Storage is invalid.  The type must be \
                       'blobContainer' and the value the address of one.";
        return Err(bad(message));
    }
    let runtime = config["runtime"]["name"].as_str().unwrap_or_default();
    let known = ["dotnet-isolated", "node", "java", "powershell", "python", "custom"];
    if !known.contains(&runtime) {
        let message = format!("Site.FunctionAppConfig.Runtime.Name '{runtime}' is invalid.");
        return Err(bad(&message));
    }
    let scale = &config["scaleAndConcurrency"];
    let memory = scale["instanceMemoryMB"].as_u64();
    if !memory.is_none_or(|memory| [512, 2048, 4096].contains(&memory)) {
        let message = "Site.FunctionAppConfig.ScaleAndConcurrency.InstanceMemoryMB is invalid.  \
                       Allowed values are 512, 2048, 4096.";
        return Err(bad(message));
    }
    let most = scale["maximumInstanceCount"].as_u64();
    if !most.is_none_or(|most| (1..=1000).contains(&most)) {
        let message = "Site.FunctionAppConfig.ScaleAndConcurrency.MaximumInstanceCount is \
                       invalid.  It must be between 1 and 1000.";
        return Err(bad(message));
    }
    Ok(())
}

/// What is kept of a site, after a PUT.
pub(super) fn make(state: &mut State, put: &Put<'_>, plan: &str, sku: Sku) -> Value {
    let before = put.before.map(|before| before.body.clone()).unwrap_or_default();
    let kept = |name: &str| match &put.body[name] {
        Value::Null => before[name].clone(),
        sent => sent.clone(),
    };
    let mut properties = json!({
        "state": "Running", "enabled": true, "httpsOnly": false, "clientAffinityEnabled": false,
        "clientCertEnabled": false, "hostNamesDisabled": false, "publicNetworkAccess": "Enabled",
        "storageAccountRequired": false, "keyVaultReferenceIdentity": "SystemAssigned",
    });
    overlay(&mut properties, &before["properties"]);
    let mut sent = put.body["properties"].clone();
    if let Some(sent) = sent.as_object_mut() {
        sent.remove("siteConfig");
        sent.retain(|_, value| !value.is_null());
    }
    overlay(&mut properties, &sent);
    properties["serverFarmId"] = json!(plan);
    properties["sku"] = json!(sku.tier);
    let kind = kept("kind");
    if sku.runs == Runs::OneFunctionApp && properties["functionAppConfig"].is_null() {
        properties["functionAppConfig"] = before["properties"]["functionAppConfig"].clone();
    }
    let location = state.get(plan).map(|plan| plan.location().to_owned()).unwrap_or_default();
    let mut body = json!({
        "kind": if kind.is_null() { json!("app") } else { kind },
        "location": location,
        "tags": put.body["tags"].as_object().cloned().unwrap_or_default(),
        "properties": properties,
    });
    let identity = kept("identity");
    if !identity.is_null() {
        body["identity"] = identified(state, &identity, &before["identity"]);
    }
    body
}

/// Gives an identity its ids.
fn identified(state: &mut State, sent: &Value, before: &Value) -> Value {
    let kinds = sent["type"].as_str().unwrap_or("None").to_owned();
    let mut identity = json!({"type": kinds});
    if kinds.contains("SystemAssigned") {
        let kept = before["principalId"].as_str().map(str::to_owned);
        identity["principalId"] = json!(kept.unwrap_or_else(|| state.uuid()));
        identity["tenantId"] = json!(crate::azure::TENANT);
    }
    if let Value::Object(users) = &sent["userAssignedIdentities"] {
        for id in users.keys() {
            let found = state.get(id).map(|found| found.body["properties"].clone());
            let found = found.unwrap_or_default();
            identity["userAssignedIdentities"][id] =
                json!({"principalId": found["principalId"], "clientId": found["clientId"]});
        }
    }
    identity
}

/// What GET shows: never the app settings, and only part of the configuration.
pub(super) fn shown(state: &State, site: &Resource) -> Value {
    let mut body = site.body.clone();
    let (host, scm) = (host_name(state, &site.id), scm_name(state, &site.id));
    let ssl = |name: &str, kind: &str| {
        json!({"name": name, "sslState": "Disabled", "ipBasedSslResult": null, "virtualIP": null,
            "thumbprint": null, "toUpdate": null, "hostType": kind})
    };
    let is_slot = site.id.kind == SLOTS;
    if is_slot {
        body["name"] = json!(site.id.full_name());
    }
    let web = site.hidden.get("web").cloned().unwrap_or_default();
    let mut config = json!({});
    let visible = [
        "numberOfWorkers",
        "linuxFxVersion",
        "acrUseManagedIdentityCreds",
        "acrUserManagedIdentityID",
        "alwaysOn",
        "http20Enabled",
        "functionAppScaleLimit",
        "minimumElasticInstanceCount",
    ];
    for name in visible {
        config[name] = web[name].clone();
    }
    let properties = &mut body["properties"];
    for (name, value) in [
        ("name", json!(site.id.names.join("/"))),
        ("hostNames", json!([host])),
        ("enabledHostNames", json!([host, scm])),
        ("defaultHostName", json!(host)),
        ("repositorySiteName", json!(site.id.names[0])),
        ("hostNameSslStates", json!([ssl(&host, "Standard"), ssl(&scm, "Repository")])),
        ("usageState", json!("Normal")),
        ("availabilityState", json!("Normal")),
        ("lastModifiedTimeUtc", json!("2026-01-01T00:00:00.0000000")),
        ("outboundIpAddresses", json!("20.0.0.1,20.0.0.2")),
        ("possibleOutboundIpAddresses", json!("20.0.0.1,20.0.0.2")),
        ("resourceGroup", json!(site.id.group)),
        ("siteConfig", config),
        ("customDomainVerificationId", json!("0".repeat(64))),
        ("inProgressOperationId", Value::Null),
        ("isDefaultContainer", Value::Null),
        ("suspendedTill", Value::Null),
        ("slotSwapStatus", Value::Null),
        ("targetSwapSlot", Value::Null),
        ("containerSize", json!(1536)),
        ("dailyMemoryTimeQuota", json!(0)),
    ] {
        properties[name] = value;
    }
    properties["reserved"] = json!(true);
    body
}
