//! The plan, the site and the slot as they should be. Pure.

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::{Value, json};

use crate::arm::Id;
use crate::config::{Kind, Package};
use crate::error::{failed, with_hint};
use crate::names::SLOT;
use crate::resource::{Resource, tags};
use crate::sizes::{self, Size, Tier};

use super::wanted::Wanted;

/// The most machines an elastic plan grows to where the manifest says nothing: Azure's own.
/// Source: <https://learn.microsoft.com/azure/azure-functions/functions-premium-plan>, 2026-11-20.
const ELASTIC_MOST: u32 = 20;

/// Which of the two places of an app is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// Where the traffic goes.
    Live,
    /// The slot that a new version is tried in.
    Next,
}

/// What a plan can be for the memory that is asked for.
pub(crate) fn size(wanted: &crate::config::Config, memory_mb: u32) -> Result<Size, ProviderError> {
    let kind = wanted.kind;
    let refused = |reason: String| failed(ErrorKind::Refused, "plan", kind.as_str(), reason);
    let names = || sizes::sizes(kind).filter(|size| size.tier.has_slots()).map(|size| size.name);
    let Some(size) = sizes::plan_size(wanted, memory_mb.into()) else {
        return Err(match &wanted.sku {
            Some(sku) => {
                let error = refused(format!("`{kind}` has no size `{sku}`", kind = kind.as_str()));
                with_hint(error, format!("sizes: {}", names().collect::<Vec<_>>().join(", ")))
            }
            None => refused(format!("no size has {memory_mb} MB of memory")),
        });
    };
    if !size.tier.has_slots() {
        let reason =
            format!("the size `{}` has no slot to try a new version in before it is live", size.name);
        let smallest = sizes::smallest(kind, memory_mb.into()).map_or("", |size| size.name);
        return Err(with_hint(
            refused(reason),
            format!("write `sku: {smallest}`, the smallest that has slots, or leave `sku` out"),
        ));
    }
    Ok(size)
}

/// The App Service plan.
pub(crate) fn plan(wanted: &Wanted) -> Resource {
    let Wanted { size, instances, .. } = wanted;
    let capacity = instances.min.unwrap_or(1).max(1);
    let mut properties = json!({"reserved": true});
    if size.tier == Tier::ElasticPremium {
        let most = instances.max.unwrap_or(ELASTIC_MOST).max(capacity);
        properties["maximumElasticWorkerCount"] = json!(most);
    }
    let kind = if size.tier == Tier::ElasticPremium { "elastic" } else { "linux" };
    Resource {
        id: wanted.plan.clone(),
        noun: "plan",
        body: json!({
            "kind": kind,
            "location": wanted.place.location,
            "tags": tags(&wanted.tags),
            "sku": {"name": size.name, "tier": size.tier.as_str(), "capacity": capacity},
            "properties": properties,
        }),
        // Azure answers with words of its own.
        unread: &["/kind"],
    }
}

/// The site or its slot, without what it runs.
pub(crate) fn site(wanted: &Wanted, at: Where) -> Resource {
    let mut body = json!({
        "kind": site_kind(wanted.kind, wanted.package),
        "location": wanted.place.location,
        "tags": tags(&wanted.tags),
        "properties": {
            "serverFarmId": wanted.plan.as_str(),
            "reserved": true,
            "httpsOnly": true,
        },
    });
    if wanted.kind == Kind::WebApp {
        // Any instance answers any request.
        body["properties"]["clientAffinityEnabled"] = json!(false);
    }
    if let Some(image) = &wanted.image {
        body["identity"] = image.identity();
    }
    let noun = match at {
        Where::Live => "app",
        Where::Next => "slot",
    };
    Resource { id: wanted.at(at), noun, body, unread: &["/identity/userAssignedIdentities"] }
}

/// What Azure calls such an app.
pub(crate) fn site_kind(kind: Kind, package: Package) -> &'static str {
    match (kind, package) {
        (Kind::WebApp, _) => "app,linux,container",
        (_, Package::Image) => "functionapp,linux,container",
        (_, Package::Zip) => "functionapp,linux",
    }
}

/// How a site or slot is run, apart from what it runs.
pub(crate) fn web(wanted: &Wanted, at: Where) -> Resource {
    let mut properties = json!({
        "ftpsState": "Disabled",
        "minTlsVersion": "1.2",
        "http20Enabled": true,
    });
    // An elastic plan keeps instances ready in its own way, and refuses this.
    if wanted.size.tier != Tier::ElasticPremium {
        properties["alwaysOn"] = json!(true);
    }
    if let Some(image) = &wanted.image {
        properties["acrUseManagedIdentityCreds"] = json!(true);
        properties["acrUserManagedIdentityID"] = json!(image.identity_client_id_or_id());
    }
    Resource {
        id: wanted.at(at).part("config", "web"),
        noun: "web settings",
        body: json!({"properties": properties}),
        unread: &[],
    }
}

/// Publishing with a user name and a password, which nobody needs, is off.
pub(crate) fn policies(site: &Id) -> [Resource; 2] {
    ["ftp", "scm"].map(|of| Resource {
        id: site.part("basicPublishingCredentialsPolicies", of),
        noun: "publishing password",
        body: json!({"properties": {"allow": false}}),
        unread: &[],
    })
}

/// The site's slot.
pub(crate) fn slot(site: &Id) -> Id {
    site.part("slots", SLOT)
}

/// The web settings of a new site: those of [`web`] and what it runs.
pub(crate) fn site_config(web: &Resource, fx: &str, settings: &super::settings::Settings) -> Value {
    let mut config = web.body["properties"].clone();
    config["linuxFxVersion"] = json!(fx);
    let pair = |(name, value): (&String, &String)| json!({"name": name, "value": value});
    config["appSettings"] = settings.iter().map(pair).collect();
    config
}
