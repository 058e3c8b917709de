//! `Microsoft.Web/sites` and its slots: what is allowed, and what is kept.
//!
//! In `hidden`: `settings` (app settings), `web` (the site configuration), `keys`, `sticky` (the
//! settings that stay with a slot), `deployments`. In `files`: `deployed` (what was uploaded) and
//! `running` (what answers).

use serde_json::{Map, Value, json};

use super::error::{bad, conflict, web_error};
use super::skus::{self, Runs, Sku};
use super::{PLANS, SITES, SLOTS, VERSIONS, actions, body, keys, running};
use crate::azure::arm::plain_location;
use crate::azure::http::Response;
use crate::azure::id::Id;
use crate::azure::resource_type::{Act, Course, Made, Put, ResourceType, overlay};
use crate::azure::state::{Resource, State};
use crate::azure::tags;

/// Sites.
pub(in crate::azure) struct Sites;

/// Slots of sites.
pub(in crate::azure) struct Slots;

impl ResourceType for Sites {
    fn name(&self) -> &'static str {
        SITES
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let name = put.id.name();
        if let Some(why) = why_not(name) {
            return Err(bad(&why));
        }
        if put.before.is_none() && state.is_taken(SITES, name) {
            let message = format!("Website with given name {name} already exists.");
            return Err(web_error(409, "Conflict", "54001", &message));
        }
        let sku = sku(state, put)?;
        may_run(state, put, sku)?;
        make(state, put, sku)
    }

    fn shown(&self, state: &State, resource: &Resource) -> Value {
        body::shown(state, resource)
    }

    fn settled(&self, state: &mut State, id: &Id) {
        running::load(state, &id.text);
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        actions::serve(state, act)
    }
}

impl ResourceType for Slots {
    fn name(&self) -> &'static str {
        SLOTS
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let sku = sku(state, put)?;
        let within = format!("{}/", put.id.parent().to_lowercase() + "/slots");
        let others = state.resources.keys().filter(|key| key.starts_with(&within)).count();
        if sku.runs == Runs::OneFunctionApp {
            return Err(bad("Deployment slots are not supported for Flex Consumption sites."));
        }
        if put.before.is_none() && others >= sku.slots {
            let message = format!(
                "Cannot complete the operation because the site will exceed the number of slots \
                 allowed for the '{}' SKU.",
                sku.tier
            );
            return Err(conflict(&message));
        }
        make(state, put, sku)
    }

    fn shown(&self, state: &State, resource: &Resource) -> Value {
        body::shown(state, resource)
    }

    fn settled(&self, state: &mut State, id: &Id) {
        running::load(state, &id.text);
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        actions::serve(state, act)
    }
}

/// Why a name cannot be a site's.
pub(super) fn why_not(name: &str) -> Option<String> {
    let fits = (2..=60).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    (!fits).then(|| {
        format!(
            "The site name '{name}' is not valid. The name can contain letters, numbers, and \
             hyphens, must start and end with a letter or number, and must be between 2 and 60 \
             characters."
        )
    })
}

/// The names of the sites that run on a plan.
pub(super) fn on_plan(state: &State, plan: &str) -> Vec<String> {
    let on = |site: &&Resource| site.text("/properties/serverFarmId").eq_ignore_ascii_case(plan);
    state.of_kind(SITES).filter(on).map(|site| site.id.name().to_owned()).collect()
}

/// The plan's size; a slot's is its site's.
fn sku(state: &State, put: &Put<'_>) -> Result<Sku, Response> {
    let plan = plan(state, put);
    let found = state.get(&plan).filter(|found| found.id.kind == PLANS);
    let Some(found) = found else {
        let name = plan.rsplit('/').next().unwrap_or_default();
        let message = format!("Cannot find ServerFarm with name {name}.");
        return Err(web_error(404, "NotFound", "51004", &message));
    };
    let wanted = put.text("/location").unwrap_or_default();
    if put.before.is_none() && plain_location(wanted) != plain_location(found.location()) {
        let message = format!(
            "The location '{wanted}' of the site is not that of its App Service plan, '{}'.",
            found.location()
        );
        return Err(bad(&message));
    }
    skus::find(found.text("/sku/name")).ok_or_else(|| bad("The plan has no known SKU."))
}

/// The plan's id: as sent, or as it was, or the site's.
fn plan(state: &State, put: &Put<'_>) -> String {
    let site = state.get(&put.id.parent()).map(|site| site.text("/properties/serverFarmId"));
    let kept = put.before.map(|before| before.text("/properties/serverFarmId"));
    let sent = put.text("/properties/serverFarmId").or(kept).or(site).unwrap_or_default();
    if sent.starts_with('/') || sent.is_empty() {
        return sent.to_owned();
    }
    let (scope, _) = put.id.text.split_once("/providers/").unwrap_or((&put.id.text, ""));
    format!("{scope}/providers/{PLANS}/{sent}")
}

/// What kinds of sites a size takes.
fn may_run(state: &State, put: &Put<'_>, sku: Sku) -> Result<(), Response> {
    let kept = put.before.map(|before| before.text("/kind"));
    let kind = put.text("/kind").or(kept).unwrap_or("app");
    let functions = kind.contains("functionapp");
    if sku.runs != Runs::All && !functions {
        let message = format!("A site of kind '{kind}' cannot run on a '{}' plan.", sku.tier);
        return Err(conflict(&message));
    }
    let config = &put.body["properties"]["functionAppConfig"];
    if sku.runs != Runs::OneFunctionApp {
        return match config.is_null() {
            true => Ok(()),
            false => Err(bad("Site.FunctionAppConfig is valid for Flex Consumption sites only.")),
        };
    }
    let plan = plan(state, put);
    let others = on_plan(state, &plan);
    if others.iter().any(|other| !other.eq_ignore_ascii_case(put.id.name())) {
        let message = "A Flex Consumption plan can have one site only. Please use another plan.";
        return Err(bad(message));
    }
    if config.is_null() && put.before.is_none() {
        let message = "Site.FunctionAppConfig is invalid.  The FunctionAppConfig section was not \
                       specified, but is required for Flex Consumption sites.  To retry this \
                       request, please specify FunctionAppConfig.";
        return Err(bad(message));
    }
    body::check_function_app_config(config)
}

fn make(state: &mut State, put: &Put<'_>, sku: Sku) -> Result<Made, Response> {
    tags::check(&put.body["tags"])?;
    let kept = |name: &str| put.before.and_then(|before| before.hidden.get(name)).cloned();
    let sent = &put.body["properties"]["siteConfig"];
    let settings = match &sent["appSettings"] {
        Value::Array(list) => Value::Object(listed(list)),
        _ => kept("settings").unwrap_or_else(|| json!({})),
    };
    check_settings(sku, &settings)?;
    let mut web = kept("web").unwrap_or_else(|| body::default_config(sku));
    let mut change = sent.clone();
    if let Some(change) = change.as_object_mut() {
        change.remove("appSettings");
    }
    overlay(&mut web, &change);
    let plan = plan(state, put);
    let made = body::make(state, put, &plan, sku);
    let keys = kept("keys").unwrap_or_else(|| keys::new(state));
    let course = Course::Done { made: 200, changed: 200 };
    let made = Made::at_once(made).course(course);
    Ok(made.hiding("settings", settings).hiding("web", web).hiding("keys", keys))
}

fn listed(list: &[Value]) -> Map<String, Value> {
    let pair = |one: &Value| Some((one["name"].as_str()?.to_owned(), one["value"].clone()));
    list.iter().filter_map(pair).collect()
}

/// Settings that Flex Consumption does not take.
pub(super) const NOT_ON_FLEX: [&str; 7] = [
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "FUNCTIONS_EXTENSION_VERSION",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTSHARE",
    "SCM_DO_BUILD_DURING_DEPLOYMENT",
];

/// Refuses the settings that a plan does not take, and values that are no text.
pub(super) fn check_settings(sku: Sku, settings: &Value) -> Result<(), Response> {
    let Value::Object(settings) = settings else {
        return Err(bad("The app settings are not an object."));
    };
    if let Some((name, _)) = settings.iter().find(|(_, value)| !value.is_string()) {
        return Err(bad(&format!("The value of the app setting '{name}' is not a string.")));
    }
    if sku.runs != Runs::OneFunctionApp {
        return Ok(());
    }
    let wrong: Vec<String> = NOT_ON_FLEX
        .iter()
        .filter(|name| settings.contains_key(**name))
        .map(|name| format!("Site.SiteConfig.AppSettings.{name}"))
        .collect();
    match wrong.as_slice() {
        [] => Ok(()),
        [one] => Err(bad(&format!(
            "The following app setting ({one}) for Flex Consumption sites is invalid.  Please \
             remove or rename it before retrying."
        ))),
        all => Err(bad(&format!(
            "The following list of {} app settings ({}) for Flex Consumption sites is invalid.  \
             Please remove or rename them before retrying.",
            all.len(),
            all.join(", ")
        ))),
    }
}

/// The size that a site that exists runs on.
pub(super) fn sku_of(state: &State, site: &Resource) -> Option<Sku> {
    let plan = state.get(site.text("/properties/serverFarmId"))?;
    skus::find(plan.text("/sku/name"))
}
