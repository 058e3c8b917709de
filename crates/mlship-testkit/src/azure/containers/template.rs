//! What is asked of a container app before anything is made: its name, its environment, its
//! containers and their size.

use serde_json::Value;

use super::super::error::error;
use super::super::http::Response;
use super::super::resource_type::Put;
use super::super::state::{Resource, State};
use super::{environments, identities, profiles};

/// Whether an app may be as it is wanted. Its environment comes back.
///
/// # Errors
/// What Azure answers when it may not.
pub(super) fn check<'s>(
    state: &'s State,
    put: &Put<'_>,
    identity: &Value,
) -> Result<&'s Resource, Response> {
    let name = put.id.name();
    if !is_name(name, 32) || name.len() < 2 {
        let message = format!(
            "Invalid ContainerApp name '{name}'. A name must consist of lower case alphanumeric \
             characters or '-', start with an alphabetic character, and end with an alphanumeric \
             character and cannot have '--'. The length must not be more than 32 characters."
        );
        return Err(error(400, "ContainerAppInvalidName", &message));
    }
    let environment = environment(state, put)?;
    let properties = &put.body["properties"];
    containers(&properties["template"])?;
    suffix(name, &properties["template"])?;
    registries(&properties["configuration"]["registries"], identity)?;
    let profile = properties["workloadProfileName"].as_str().unwrap_or("Consumption");
    let Some(kind) = environments::profile_kind(environment, profile) else {
        let message = format!(
            "Workload profile name '{profile}' is not found in the managed environment '{}'.",
            environment.id.name()
        );
        return Err(error(400, "WorkloadProfileNotFound", &message));
    };
    let (cores, gib) = profiles::asked(&properties["template"]);
    profiles::fits(&kind, cores, gib)?;
    Ok(environment)
}

fn environment<'s>(state: &'s State, put: &Put<'_>) -> Result<&'s Resource, Response> {
    let id = put
        .text("/properties/environmentId")
        .or_else(|| put.text("/properties/managedEnvironmentId"))
        .unwrap_or_default();
    let found = state.get(id).filter(|found| found.id.kind == environments::KIND);
    let Some(environment) = found else {
        let message = format!("The environment '{id}' is invalid or does not exist.");
        return Err(error(400, "ManagedEnvironmentInvalidId", &message));
    };
    if environment.operation.is_some()
        || environment.text("/properties/provisioningState") == "Failed"
    {
        let message =
            format!("The environment '{}' is not ready for app creation.", environment.id.name());
        return Err(error(409, "ManagedEnvironmentNotReadyForAppCreation", &message));
    }
    Ok(environment)
}

fn containers(template: &Value) -> Result<(), Response> {
    let containers = template["containers"].as_array().cloned().unwrap_or_default();
    if containers.is_empty() {
        let message = "Must specify atleast one container in the template.";
        return Err(error(400, "ContainerAppCreateMustContainContainer", message));
    }
    for container in containers {
        if !container["image"].is_string() || !container["name"].is_string() {
            let message = "The following field(s) are either invalid or missing. Field \
                           'template.containers.image' is invalid with details: 'image and name \
                           are required';.";
            return Err(error(400, "ContainerAppInvalidImageName", message));
        }
    }
    Ok(())
}

fn suffix(app: &str, template: &Value) -> Result<(), Response> {
    let Some(suffix) = template["revisionSuffix"].as_str().filter(|text| !text.is_empty()) else {
        return Ok(());
    };
    if is_name(suffix, 64) && app.len() + 2 + suffix.len() <= 54 {
        return Ok(());
    }
    let message = format!(
        "Invalid Container App revision name '{app}--{suffix}'. A revision name must consist of \
         lower case alphanumeric characters or '-', start with a letter, end with an alphanumeric \
         character and cannot have '--'. The length must not be more than 54 characters."
    );
    Err(error(400, "ContainerAppInvalidRevisionName", &message))
}

/// What a registry is logged in to with must be an identity that the app has.
fn registries(registries: &Value, identity: &Value) -> Result<(), Response> {
    for registry in registries.as_array().into_iter().flatten() {
        let Some(with) = registry["identity"].as_str().filter(|text| !text.is_empty()) else {
            continue;
        };
        if identities::principal_of(identity, with).is_none() {
            let message = format!(
                "The identity '{with}' for registry '{}' is not assigned to the container app.",
                registry["server"].as_str().unwrap_or_default()
            );
            return Err(error(400, "ContainerAppRegistryIdentityNotAssigned", &message));
        }
    }
    Ok(())
}

/// Small letters, digits and single hyphens; a letter first and no hyphen last.
fn is_name(text: &str, longest: usize) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.len() <= longest
        && text.chars().all(fits)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
}
