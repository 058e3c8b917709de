//! What container groups may have in a region: the capabilities, the usages and the quota.

use serde_json::{Value, json};

use super::super::SUBSCRIPTION;
use super::super::arm::plain_location;
use super::super::error::error;
use super::super::http::Response;
use super::super::state::{Resource, State};
use super::groups::KIND;

/// The most that one group may have, in cores and GB.
const LARGEST: (f64, f64) = (4.0, 16.0);

/// Cores and groups that a subscription may have in a region.
const QUOTA: f64 = 100.0;

/// What `locations/{location}/capabilities` answers.
pub(super) fn capabilities(location: &str) -> Value {
    let one = |system: &str| {
        json!({
            "resourceType": "containerGroups", "osType": system, "location": location,
            "ipAddressType": "Public", "gpu": "None",
            "capabilities": {
                "maxMemoryInGB": LARGEST.1, "maxCpu": LARGEST.0, "maxGpuCount": 0.0,
            },
        })
    };
    json!({"value": [one("Linux"), one("Windows")]})
}

/// What `locations/{location}/usages` answers.
pub(super) fn usages(state: &State, location: &str) -> Value {
    let limit = if exhausted(state) { used(state, location).1 } else { QUOTA };
    let (groups, cores) = used(state, location);
    let one = |name: &str, words: &str, value: f64, limit: f64| {
        json!({
            "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerInstance/\
                           locations/{location}/usages/{name}"),
            "unit": "Count", "currentValue": value, "limit": limit,
            "name": {"value": name, "localizedValue": words},
        })
    };
    json!({"value": [
        one("ContainerGroups", "Container Groups", groups, QUOTA),
        one("StandardCores", "Standard Cores", cores, limit),
    ]})
}

fn exhausted(state: &State) -> bool {
    state.exhausted.contains(&KIND.to_lowercase())
}

/// Groups and cores in a region.
fn used(state: &State, location: &str) -> (f64, f64) {
    let here = |group: &&Resource| plain_location(group.location()) == plain_location(location);
    state
        .of_kind(KIND)
        .filter(here)
        .fold((0.0, 0.0), |(groups, cores), group| (groups + 1.0, cores + asked(&group.body).0))
}

/// What the containers of a group ask for together: cores and GB.
pub(super) fn asked(body: &Value) -> (f64, f64) {
    let containers = body["properties"]["containers"].as_array();
    containers.into_iter().flatten().fold((0.0, 0.0), |(cores, memory), container| {
        let requests = &container["properties"]["resources"]["requests"];
        let number = |name: &str| requests[name].as_f64().unwrap_or(0.0);
        (cores + number("cpu"), memory + number("memoryInGB"))
    })
}

/// Whether a new group of that size may be.
///
/// # Errors
/// What Azure answers when it may not.
pub(super) fn check(state: &State, location: &str, body: &Value) -> Result<(), Response> {
    let (cores, memory) = asked(body);
    if cores <= 0.0 || memory <= 0.0 {
        let message = "The resource requests of the containers are invalid: 'cpu' and \
                       'memoryInGB' must be given.";
        return Err(error(400, "InvalidResourceRequests", message));
    }
    if cores > LARGEST.0 || memory > LARGEST.1 {
        let message = format!(
            "The requested resource is not available in the location '{location}' at this moment. \
             Please retry with a different resource request or in another location. Resource \
             requested: '{cores}' CPU '{memory}' GB memory 'Linux' OS"
        );
        return Err(error(409, "ServiceUnavailable", &message));
    }
    let used = used(state, location).1;
    if used + cores > QUOTA {
        return Err(quota(location, QUOTA, used, cores));
    }
    Ok(())
}

/// There is no quota left.
pub(super) fn quota(location: &str, limit: f64, used: f64, asked: f64) -> Response {
    let message = format!(
        "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota \
         'StandardCores' exceeded in region '{location}'. Limit: '{limit}', Usage: '{used}' \
         Requested: '{asked}'."
    );
    error(400, "ContainerGroupQuotaReached", &message)
}
