//! What can be done with a site beside making and removing it.

use serde_json::{Value, json};

use super::error::{bad, conflict};
use super::package::{self, Function};
use super::{config, deployment, running, swap};
use crate::azure::error::error;
use crate::azure::http::Response;
use crate::azure::resource_type::Act;
use crate::azure::state::{Resource, State};
use crate::azure::storage;

/// A call on something below a site; `None` when there is no such thing.
pub(super) fn serve(state: &mut State, act: &Act<'_>) -> Option<Response> {
    let lower = act.lower();
    let words: Vec<&str> = lower.iter().map(String::as_str).collect();
    if let ["config", rest @ ..] = words.as_slice() {
        return config::serve(state, act, rest);
    }
    let site = state.get(&act.id.text)?.clone();
    match (act.request.method.as_str(), words.as_slice()) {
        ("POST", ["restart" | "start" | "stop"]) => Some(set_state(state, act, words[0])),
        ("POST", ["syncfunctiontriggers"] | ["host", "default", "sync"]) => {
            running::load(state, &act.id.text);
            let site = state.get(&act.id.text)?;
            Some(unreachable_host(site).unwrap_or_else(|| Response::empty(204)))
        }
        ("POST", ["host", "default", "listkeys"]) => {
            let keys = site.hidden.get("keys").cloned().unwrap_or_default();
            Some(unreachable_host(&site).unwrap_or_else(|| Response::json(200, &keys)))
        }
        ("GET" | "POST", ["functions", ..]) => functions(&site, act, &words[1..]),
        ("POST", ["slotsswap"]) => Some(swap::begin(state, act)),
        ("PUT" | "GET", ["extensions", "onedeploy"]) => Some(one_deploy(state, act, &site)),
        ("POST", ["containerlogs"]) => Some(container_logs(state, &site)),
        ("GET" | "PUT", ["basicpublishingcredentialspolicies", which]) => policy(state, act, which),
        _ => None,
    }
}

fn set_state(state: &mut State, act: &Act<'_>, to: &str) -> Response {
    if let Some(site) = state.get_mut(&act.id.text) {
        site.set_property("state", json!(if to == "stop" { "Stopped" } else { "Running" }));
    }
    running::load(state, &act.id.text);
    Response::empty(200)
}

/// What calls that pass through the host answer when there is no host.
fn unreachable_host(site: &Resource) -> Option<Response> {
    running::broken(site)?;
    let message = "Encountered an error (ServiceUnavailable) from host runtime.";
    Some(error(400, "BadRequest", message))
}

fn functions(site: &Resource, act: &Act<'_>, words: &[&str]) -> Option<Response> {
    if let Some(refused) = unreachable_host(site) {
        return Some(refused);
    }
    let found = site.files.get("running").map(|artifact| package::read(artifact));
    let all = found.unwrap_or_default().functions;
    let named = |name: &str| all.iter().find(|one| one.name.eq_ignore_ascii_case(name));
    match (act.request.method.as_str(), words) {
        ("GET", []) => {
            let value: Vec<Value> = all.iter().map(|one| shown(site, one)).collect();
            Some(Response::json(200, &json!({"value": value, "nextLink": null, "id": null})))
        }
        ("GET", [name]) => Some(match named(name) {
            Some(function) => Response::json(200, &shown(site, function)),
            None => {
                let message = format!("Function with name '{name}' does not exist.");
                error(404, "NotFound", &message)
            }
        }),
        ("POST", [name, "listkeys"]) if named(name).is_some() => {
            let keys = site.hidden.get("keys").cloned().unwrap_or_default();
            Some(Response::json(200, &keys["functionKeys"]))
        }
        _ => None,
    }
}

fn shown(site: &Resource, function: &Function) -> Value {
    let name = &function.name;
    json!({
        "id": format!("{}/functions/{name}", site.id.text),
        "name": format!("{}/{name}", site.id.full_name()),
        "type": "Microsoft.Web/sites/functions", "location": site.location(),
        "properties": {
            "name": name, "function_app_id": null, "script_root_path_href": null,
            "script_href": null, "config_href": null, "test_data_href": null, "secrets_file_href":
            null, "href": null, "config": function.config, "files": null, "test_data": null,
            "invoke_url_template": null, "language": "Custom", "isDisabled": false,
        },
    })
}

/// The package is fetched by the service, from an address that it can read.
fn one_deploy(state: &mut State, act: &Act<'_>, site: &Resource) -> Response {
    let id = format!("{}/extensions/onedeploy", site.id.text);
    let about = |properties: Value| {
        json!({"id": id, "name": "onedeploy", "type": "Microsoft.Web/sites/extensions",
            "properties": properties})
    };
    if act.request.method == "GET" {
        let latest = deployment::shown(state, site, "latest");
        return match latest {
            Some(latest) => Response::json(200, &about(latest.value())),
            None => error(404, "NotFound", "There is no deployment."),
        };
    }
    let sent = act.request.json();
    let properties = &sent["properties"];
    let address = properties["packageUri"].as_str().unwrap_or_default();
    let Some(package) = storage::fetch(state, address) else {
        return bad("The package could not be downloaded from 'packageUri'.");
    };
    match deployment::begin(state, &site.id.text, package) {
        Ok(name) => {
            let mut properties = properties.clone();
            properties["id"] = json!(name);
            properties["provisioningState"] = json!("InProgress");
            Response::json(200, &about(properties))
        }
        Err(refused) => refused,
    }
}

fn container_logs(state: &State, site: &Resource) -> Response {
    let lines = state.lines.iter().filter(|(id, ..)| *id == site.id.key());
    let text: String = lines.map(|(_, _, text)| format!("{text}\n")).collect();
    match text.is_empty() {
        true => Response::empty(204),
        false => Response::typed(200, "application/octet-stream", text.into_bytes()),
    }
}

fn policy(state: &mut State, act: &Act<'_>, which: &str) -> Option<Response> {
    if !["scm", "ftp"].contains(&which) {
        return Some(conflict("The policy must be one of 'scm', 'ftp'."));
    }
    let name = format!("policy {which}");
    let site = state.get_mut(&act.id.text)?;
    if act.request.method == "PUT" {
        site.hidden.insert(name.clone(), act.request.json()["properties"].clone());
    }
    let properties = site.hidden.get(&name).cloned().unwrap_or_else(|| json!({"allow": true}));
    Some(Response::json(
        200,
        &json!({
            "id": format!("{}/basicPublishingCredentialsPolicies/{which}", site.id.text),
            "name": which, "type": "Microsoft.Web/sites/basicPublishingCredentialsPolicies",
            "location": site.location(), "properties": properties,
        }),
    ))
}
