//! `Microsoft.ContainerRegistry/registries`.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::super::error::error;
use super::super::http::{Request, Response};
use super::super::id::Id;
use super::super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, merge};
use super::super::state::{Resource, State};
use super::super::tags;
use super::environments::{PATCHED, course, patched};
use super::gate;
use crate::cloud::registries::images;
use crate::registry::Registry;

/// The type.
pub(in super::super) struct Registries;

pub(super) const KIND: &str = "Microsoft.ContainerRegistry/registries";

/// Which making of a registry this is: one of the same name that comes later is another.
const MADE: &str = "made";

impl ResourceType for Registries {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        &["2025-11-01", "2025-04-01", "2023-07-01"]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        if let Some(unavailable) = unavailable(state, put.id.name(), put.before) {
            let code = if unavailable.0 == "Invalid" { "InvalidName" } else { "AlreadyInUse" };
            let status = if unavailable.0 == "Invalid" { 400 } else { 409 };
            return Err(error(status, code, &unavailable.1));
        }
        tags::check(&put.body["tags"])?;
        let sku = put.text("/sku/name").unwrap_or_default();
        if put.text("/location").is_none() || !["Basic", "Standard", "Premium"].contains(&sku) {
            let message = format!("The registry's location and SKU must be given; SKU: '{sku}'.");
            return Err(error(400, "InvalidResource", &message));
        }
        let mut body = Value::Object(put.members(&["location", "tags", "identity"]));
        body["sku"] = json!({"name": sku, "tier": sku});
        body["properties"] = json!({
            "adminUserEnabled": false, "publicNetworkAccess": "Enabled",
            "anonymousPullEnabled": false, "dataEndpointEnabled": false,
            "zoneRedundancy": "Disabled", "networkRuleBypassOptions": "AzureServices",
            "policies": {"quarantinePolicy": {"status": "disabled"}},
        });
        merge(&mut body["properties"], &put.body["properties"]);
        let own = json!({
            "loginServer": state.host(&gate::host_of(put.id.name())),
            "creationDate": "2026-01-01T00:00:00.0000000Z", "dataEndpointHostNames": [],
            "privateEndpointConnections": [],
        });
        merge(&mut body["properties"], &own);
        let made = Made::at_once(body).course(course(put, "Creating"));
        Ok(match put.before {
            Some(_) => made,
            None => made.hiding(MADE, json!(state.uuid())),
        })
    }

    fn patched(&self, put: &Put<'_>) -> Result<Value, Response> {
        let mut body = patched(put);
        // A registry's PATCH is answered as its PUT is.
        body.as_object_mut().map(|members| members.remove(PATCHED));
        Ok(body)
    }

    fn delete(&self, _: &mut State, _: &Resource) -> Result<Course, Response> {
        Ok(Course::running((202, 202), Follow::Location, "Deleting"))
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let registry = state.get(&act.id.text)?;
        let admin = registry.body["properties"]["adminUserEnabled"] == true;
        match act.lower().iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["listcredentials"] if admin => {
                let password = json!({"name": "password", "value": "an-admin-password"});
                let body = json!({"username": act.id.name(), "passwords": [password]});
                Some(Response::json(200, &body))
            }
            ["listcredentials"] => Some(no_admin(act.id)),
            _ => None,
        }
    }

    fn provider_call(
        &self,
        state: &mut State,
        request: &Request,
        words: &[&str],
    ) -> Option<Response> {
        let [word] = words else { return None };
        if request.method != "POST" || !word.eq_ignore_ascii_case("checkNameAvailability") {
            return None;
        }
        let body = request.json();
        let name = body["name"].as_str().unwrap_or_default();
        let answer = match unavailable(state, name, None) {
            None => json!({"nameAvailable": true}),
            Some((reason, message)) => {
                json!({"nameAvailable": false, "reason": reason, "message": message})
            }
        };
        Some(Response::json(200, &answer))
    }
}

fn no_admin(id: &Id) -> Response {
    let message = format!(
        "Cannot perform credential operations for {} as admin user is disabled. Kindly enable \
         admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/\
         container-registry-authentication#admin-account",
        id.text
    );
    error(400, "UnAuthorizedForCredentialOperations", &message)
}

/// Why a name cannot be had, if it cannot: reason and message.
fn unavailable(
    state: &State,
    name: &str,
    before: Option<&Resource>,
) -> Option<(&'static str, String)> {
    if !(5..=50).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        let message = "The specified resource name is invalid. The registry name must match the \
                       pattern ^[a-zA-Z0-9]*$ and be between 5 and 50 characters long.";
        return Some(("Invalid", message.to_owned()));
    }
    let taken = before.is_none() && state.is_taken(KIND, name);
    let message = || {
        format!(
            "The registry {name}.azurecr.io is already in use. You can check if the name is \
             already claimed using following API: https://docs.microsoft.com/en-us/rest/api/\
             containerregistry/registries/checknameavailability"
        )
    };
    taken.then(|| ("AlreadyExists", message()))
}

/// Where the process behind a registry listens. One whose registry has gone ends, and its images
/// with it.
pub(super) fn address(state: &mut State, registry: &Id) -> Option<SocketAddr> {
    process(state, registry).map(Registry::address)
}

/// Loses a repository with all its images; false when nothing was ever sent to it.
pub(super) fn forget(state: &mut State, registry: &Id, repository: &str) -> bool {
    let harmless =
        !repository.is_empty() && !repository.split('/').any(|word| word.starts_with('.'));
    let Some(process) = process(state, registry).filter(|_| harmless) else { return false };
    let repositories = process.storage().join("docker/registry/v2/repositories");
    fs::remove_dir_all(repositories.join(repository)).is_ok()
}

fn process<'s>(state: &'s mut State, registry: &Id) -> Option<&'s Registry> {
    let made = |resource: &Resource| resource.hidden.get(MADE)?.as_str().map(str::to_owned);
    let key = registry.key();
    let resource = state.resources.get_mut(&key)?;
    if !resource.hidden.contains_key(MADE) {
        resource.hidden.insert(MADE.to_owned(), json!(format!("planted {key}")));
    }
    let wanted = made(resource)?;
    let alive: Vec<String> = state.of_kind(KIND).filter_map(made).collect();
    state.registries.keep(&alive);
    Some(state.registries.of(wanted))
}

/// `image REGISTRY/REPOSITORY:TAG` for all that were sent.
pub(in super::super) fn image_names(state: &mut State) -> Vec<String> {
    let registries: Vec<Id> = state.of_kind(KIND).map(|registry| registry.id.clone()).collect();
    let mut all = Vec::new();
    for registry in registries {
        let Some(address) = address(state, &registry) else { continue };
        let name = |image: String| format!("image {}/{image}", registry.name());
        all.extend(images(address).into_iter().map(name));
    }
    all
}
