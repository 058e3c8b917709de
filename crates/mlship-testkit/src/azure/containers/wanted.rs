//! What is asked of a container group before anything is made.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::error::error;
use super::super::http::Response;
use super::super::resource_type::Put;
use super::locations;

/// Whether a group may be as it is wanted.
///
/// # Errors
/// What Azure answers when it may not.
pub(super) fn check(put: &Put<'_>) -> Result<(), Response> {
    let missing = |field: &str| {
        let message =
            format!("The '{field}' of container group '{}' is invalid or missing.", put.id.name());
        error(400, "InvalidContainerGroup", &message)
    };
    let name = put.id.name();
    if name.is_empty() || name.len() > 63 || !name.chars().all(fits) {
        return Err(missing("name"));
    }
    if put.text("/location").is_none() {
        return Err(missing("location"));
    }
    let properties = &put.body["properties"];
    if !["Linux", "Windows"].contains(&put.text("/properties/osType").unwrap_or_default()) {
        return Err(missing("osType"));
    }
    let containers = properties["containers"].as_array().cloned().unwrap_or_default();
    if containers.is_empty() || containers.len() > 60 {
        return Err(missing("containers"));
    }
    let ports = properties["ipAddress"]["ports"].as_array().cloned().unwrap_or_default();
    if ports.len() > 5 {
        return Err(missing("ipAddress.ports"));
    }
    let opened = |port: &Value| {
        let own = containers.iter().flat_map(|one| one["properties"]["ports"].as_array());
        own.flatten().any(|one| one["port"] == port["port"])
    };
    if let Some(closed) = ports.iter().find(|port| !opened(port)) {
        let message = format!(
            "The public port '{}' in container group '{name}' is not exposed in any container.",
            closed["port"]
        );
        return Err(error(400, "PublicPortNotExposed", &message));
    }
    stays(put)
}

/// Some things of a group cannot be changed.
fn stays(put: &Put<'_>) -> Result<(), Response> {
    let Some(before) = put.before else { return Ok(()) };
    let policy =
        |body: &Value| body["properties"]["restartPolicy"].as_str().unwrap_or("Always").to_owned();
    let same = locations::asked(&before.body) == locations::asked(put.body)
        && before.text("/properties/osType") == put.text("/properties/osType").unwrap_or_default()
        && policy(&before.body) == policy(put.body);
    if same {
        return Ok(());
    }
    let message = format!(
        "The updates on container group '{}' are invalid. If you are going to update the os type, \
         restart policy, network profile, CPU, memory or GPU resources for a container group, you \
         must delete it first and then create a new one.",
        put.id.name()
    );
    Err(error(400, "InvalidContainerGroupUpdate", &message))
}

/// The environment of a container, open and secret values alike.
pub(super) fn environment(container: &Value) -> BTreeMap<String, String> {
    let variables = container["properties"]["environmentVariables"].as_array();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let one = |variable: &Value| {
        let value = text(&variable["secureValue"]).or_else(|| text(&variable["value"]));
        Some((text(&variable["name"])?, value.unwrap_or_default()))
    };
    variables.into_iter().flatten().filter_map(one).collect()
}

/// Whether a text may be the first part of a host.
pub(super) fn is_label(text: &str) -> bool {
    (5..=63).contains(&text.len())
        && text.chars().all(fits)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}

fn fits(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}
