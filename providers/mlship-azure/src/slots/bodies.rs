//! The plan, the site and the slot as they should be. Pure.

use serde_json::{Value, json};

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::arm::Id;
use crate::config::{Config, Kind, Package};
use crate::error::failed;
use crate::functions::Settings;
use crate::names::SLOT;
use crate::resource::{Resource, tags};
use crate::sizes::{self, Size, Tier};

use super::wanted::Wanted;

/// The most machines an elastic plan grows to where the manifest says nothing: what every region
/// has. Source: <https://learn.microsoft.com/azure/azure-functions/functions-premium-plan>,
/// 2026-11-20.
const ELASTIC_MOST: u32 = 20;

/// Which of the two places of an app is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// Where the traffic goes.
    Live,
    /// The slot that a new version is tried in.
    Next,
}

impl Where {
    /// What it is called.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Live => "app",
            Self::Next => "slot",
        }
    }
}

/// The size of the plan: named, or by the memory. One without slots is refused.
pub(crate) fn size(config: &Config, memory_mb: u32) -> Result<Size, ProviderError> {
    let kind = config.kind;
    let refused = |reason: String| failed(ErrorKind::Refused, "plan", kind.as_str(), reason);
    let Some(size) = sizes::plan_size(config, memory_mb.into()) else {
        let Some(sku) = &config.sku else {
            let error = refused(format!("no size of its plan has {memory_mb} MB of memory"));
            return Err(error.with_hint("write a smaller `resources.memory-mb`"));
        };
        let slots = sizes::sizes(kind).filter(|size| size.tier.has_slots());
        let names: Vec<_> = slots.map(|size| size.name).collect();
        let error = refused(format!("its plan has no size `{sku}`"));
        return Err(error.with_hint(format!("sizes: {}", names.join(", "))));
    };
    if size.tier.has_slots() {
        return Ok(size);
    }
    let reason =
        format!("the size `{}` has no slot, where a version is tried before it is live", size.name);
    let hint = match sizes::smallest(kind, memory_mb.into()) {
        Some(smallest) => format!("write `sku: {}`, the smallest that has slots", smallest.name),
        None => "leave `sku` out".to_owned(),
    };
    Err(refused(reason).with_hint(hint))
}

/// The App Service plan.
pub(crate) fn plan(wanted: &Wanted) -> Resource {
    let Wanted { size, instances, program, tags: all, .. } = wanted;
    let least = instances.min.unwrap_or(1).max(1);
    let mut properties = json!({"reserved": true});
    let mut kind = "linux";
    if size.tier == Tier::ElasticPremium {
        kind = "elastic";
        let most = instances.max.unwrap_or(ELASTIC_MOST).max(least);
        properties["maximumElasticWorkerCount"] = json!(most);
    }
    Resource {
        id: program.names.plan.clone(),
        noun: "plan",
        body: json!({
            "kind": kind,
            "location": program.names.place.location,
            "tags": tags(all),
            "sku": {"name": size.name, "tier": tier(*size), "capacity": least},
            "properties": properties,
        }),
        // Azure has its own words for it.
        unread: &["/kind"],
    }
}

/// Azure's word for the tier of a plan: the third generation has three.
fn tier(size: Size) -> &'static str {
    match size.tier {
        Tier::PremiumV3 if size.name.starts_with("P0") => "Premium0V3",
        Tier::PremiumV3 if size.name.contains("mv3") => "PremiumMV3",
        tier => tier.as_str(),
    }
}

/// The site or its slot, without what it runs.
pub(crate) fn site(wanted: &Wanted, at: Where) -> Resource {
    let names = &wanted.program.names;
    let mut body = json!({
        "kind": site_kind(names.kind, names.package),
        "location": names.place.location,
        "tags": tags(&wanted.tags),
        "properties": {"serverFarmId": names.plan.as_str(), "reserved": true, "httpsOnly": true},
    });
    if names.kind == Kind::WebApp {
        // Any instance answers any request.
        body["properties"]["clientAffinityEnabled"] = json!(false);
    }
    if let Some((images, _)) = &wanted.image {
        let identity = images.identity.as_str();
        body["identity"] =
            json!({"type": "UserAssigned", "userAssignedIdentities": {identity: {}}});
    }
    // Ids come back in another case.
    let unread = &["/identity/userAssignedIdentities"];
    Resource { id: names.at(at), noun: at.noun(), body, unread }
}

/// What Azure calls such an app.
pub(crate) fn site_kind(kind: Kind, package: Package) -> &'static str {
    match (kind, package) {
        (Kind::WebApp, _) => "app,linux,container",
        (_, Package::Image) => "functionapp,linux,container",
        (_, Package::Zip) => "functionapp,linux",
    }
}

/// How a place is run, apart from what it runs. `client` is whom images are pulled as.
pub(crate) fn web(wanted: &Wanted, at: Where, client: Option<&str>) -> Resource {
    let mut properties = json!({
        "ftpsState": "Disabled",
        "minTlsVersion": "1.2",
        "http20Enabled": true,
    });
    // An elastic plan keeps instances ready in its own way, and refuses this.
    if wanted.size.tier != Tier::ElasticPremium {
        properties["alwaysOn"] = json!(true);
    }
    if wanted.image.is_some() {
        properties["acrUseManagedIdentityCreds"] = json!(true);
    }
    if let Some(client) = client {
        properties["acrUserManagedIdentityID"] = json!(client);
    }
    let id = wanted.program.names.at(at).part("config", "web");
    Resource { id, noun: "web settings", body: json!({"properties": properties}), unread: &[] }
}

/// The `siteConfig` of a place that is not there yet.
pub(crate) fn site_config(web: &Resource, fx: &str, settings: &Settings) -> Value {
    let mut config = web.body["properties"].clone();
    config["linuxFxVersion"] = json!(fx);
    config["appSettings"] = settings.list();
    config
}

/// Publishing with a user name and a password, which nobody needs, is off.
pub(crate) fn policies(place: &Id) -> [Resource; 2] {
    ["ftp", "scm"].map(|of| Resource {
        id: place.part("basicPublishingCredentialsPolicies", of),
        noun: "publishing password",
        body: json!({"properties": {"allow": false}}),
        unread: &[],
    })
}

/// The list of settings that stay where they are when places are swapped: `found` with ours.
pub(crate) fn staying(site: &Id, found: &Value, ours: &[&str]) -> Resource {
    let mut properties = found["properties"].as_object().cloned().unwrap_or_default();
    properties.retain(|_, value| !value.is_null());
    let mut names = properties.get("appSettingNames").and_then(Value::as_array).cloned();
    let names = names.get_or_insert_default();
    names.extend(ours.iter().filter(|name| !names_has(found, name)).map(|name| json!(name)));
    properties.insert("appSettingNames".to_owned(), json!(names));
    Resource {
        id: site.part("config", "slotConfigNames"),
        noun: "list of slot settings",
        body: json!({"properties": properties}),
        unread: &[],
    }
}

fn names_has(found: &Value, name: &str) -> bool {
    let names = found["properties"]["appSettingNames"].as_array();
    names.is_some_and(|names| names.iter().any(|one| one == name))
}

/// The site's slot, which is there or not.
pub(crate) fn slot(site: &Id) -> Id {
    site.part("slots", SLOT)
}
