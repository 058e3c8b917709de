//! A container app's secrets: written, never shown, read back by `listSecrets` alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::error::error;
use super::super::http::Response;
use super::super::resource_type::Put;
use super::environments::PATCHED;

/// Where an app keeps them.
pub(super) const SECRETS: &str = "secrets";

/// The secrets that an app has from now on, by name. A PATCH may name one that is there without
/// its value.
///
/// # Errors
/// When one has no value, or a container wants one that is not there.
pub(super) fn kept(put: &Put<'_>) -> Result<Value, Response> {
    let before = put.before.and_then(|before| before.hidden.get(SECRETS));
    let mut all = Map::new();
    for secret in list(&put.body["properties"]["configuration"]["secrets"]) {
        let name = secret["name"].as_str().unwrap_or_default();
        let old = before.and_then(|before| before.get(name)).cloned();
        let old = old.filter(|_| put.body.get(PATCHED).is_some());
        let value = Some(secret["value"].clone()).filter(Value::is_string).or(old);
        let Some(value) = value.filter(|_| is_name(name)) else {
            let message = format!(
                "Invalid Request: Container app secret(s) with name(s) '{name}' are invalid: value \
                 or keyVaultUrl and identity should be provided."
            );
            return Err(error(400, "ContainerAppSecretInvalid", &message));
        };
        all.insert(name.to_owned(), value);
    }
    for container in list(&put.body["properties"]["template"]["containers"]) {
        for variable in list(&container["env"]) {
            let Some(wanted) = variable["secretRef"].as_str() else { continue };
            if !all.contains_key(wanted) {
                let message = format!(
                    "SecretRef '{wanted}' defined for container '{}' not found.",
                    container["name"].as_str().unwrap_or_default()
                );
                return Err(error(400, "ContainerAppSecretRefNotFound", &message));
            }
        }
    }
    Ok(Value::Object(all))
}

/// What an app shows of its secrets.
pub(super) fn names(secrets: &Value) -> Value {
    let names = secrets.as_object().into_iter().flatten();
    names.map(|(name, _)| json!({"name": name})).collect()
}

/// What `listSecrets` answers.
pub(super) fn values(secrets: &Value) -> Value {
    let all = secrets.as_object().into_iter().flatten();
    let all: Vec<Value> = all.map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({"value": all})
}

/// The environment of a container, with its secrets in it.
pub(super) fn environment(container: &Value, secrets: &Value) -> BTreeMap<String, String> {
    let one = |variable: Value| {
        let name = variable["name"].as_str()?.to_owned();
        let value = match variable["secretRef"].as_str() {
            Some(secret) => &secrets[secret],
            None => &variable["value"],
        };
        Some((name, value.as_str().unwrap_or_default().to_owned()))
    };
    list(&container["env"]).into_iter().filter_map(one).collect()
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    !name.is_empty() && name.chars().all(fits)
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
