//! The host where a site answers: `NAME.azurewebsites.localhost`. For functions it keeps the
//! functions host's rules: keys, routes, and an artifact that is found or not.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::keys::{self, Level};
use super::package::{self, Found};
use super::{body, running};
use crate::azure::containers::answered;
use crate::azure::http::{Request, Response};
use crate::azure::server::Shared;
use crate::azure::state::Resource;
use crate::cloud::served::{Served, called};

/// A call for a host of this kind; `None` for any other.
pub(in crate::azure) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    let label = host.strip_suffix(".azurewebsites.localhost")?;
    let (site, address) = {
        let mut state = shared.lock();
        let Some(site) = running::by_label(&state, label) else {
            return Some(Response::text(404, "404 Web Site not found."));
        };
        if running::broken(&site).is_some() {
            // Azure tries again to start it; that may be in time for the next call.
            running::load(&mut state, &site.id.text);
        }
        let address = body::host_name(&state, &site.id);
        (site, address)
    };
    if site.text("/properties/state") == "Stopped" {
        return Some(Response::text(403, "Error 403 - This web app is stopped."));
    }
    Some(match site.text("/kind").contains("functionapp") {
        true => functions(shared, request, &site, &address),
        false => web_app(shared, request, &site),
    })
}

fn web_app(shared: &Shared, request: &Request, site: &Resource) -> Response {
    match site.files.get("running") {
        Some(artifact) => answered(shared, request, artifact, &running::environment(site)),
        None => Response::text(503, ":( Application Error"),
    }
}

fn functions(shared: &Shared, request: &Request, site: &Resource, address: &str) -> Response {
    if running::broken(site).is_some() {
        return Response::text(503, "Function host is not running.");
    }
    let artifact = site.files.get("running").cloned();
    let found = artifact.as_ref().map(|artifact| package::read(artifact)).unwrap_or_default();
    let level = keys::of_call(site, request);
    if let Some(path) = request.path.strip_prefix("/admin/") {
        return match level {
            Some(Level::Master) => admin(path, site, &found, address),
            _ => Response::empty(401),
        };
    }
    let Some(function) = found.function(&request.method, &request.path) else {
        return match request.path.as_str() {
            "/" => {
                let page = "<html>Your Azure Function App is up and running.</html>";
                Response::typed(200, "text/html", page.into())
            }
            _ => Response::empty(404),
        };
    };
    let open = match function.level.as_str() {
        "anonymous" => true,
        "admin" => level == Some(Level::Master),
        _ => level.is_some(),
    };
    match artifact {
        _ if !open => Response::empty(401),
        Some(artifact) => call(shared, request, &artifact, &running::environment(site)),
        None => Response::empty(404),
    }
}

fn admin(path: &str, site: &Resource, found: &Found, address: &str) -> Response {
    match path.trim_end_matches('/') {
        "host/status" => {
            let mut body = json!({
                "id": body::host_label(&site.id), "state": "Running", "version": "4.1045.200.0",
                "versionDetails": "4.1045.200", "platformVersion": "", "instanceId": "0",
                "computerName": "0", "processUptime": 60_000,
                "functionAppContentEditingState": "NotAllowed", "extensionBundle": null,
            });
            if let Some(error) = &found.error {
                body["state"] = json!("Error");
                body["errors"] = json!([error]);
            }
            Response::json(200, &body)
        }
        "functions" => {
            let one = |function: &package::Function| {
                json!({"name": function.name, "script_root_path_href": null, "script_href": null,
                    "config_href": null, "test_data_href": null, "href":
                    format!("http://{address}/admin/functions/{}", function.name),
                    "invoke_url_template": format!("http://{address}/{}", function.route),
                    "language": "custom", "config": function.config, "files": null,
                    "test_data": null, "isDisabled": false, "isDirect": false, "isProxy": false})
            };
            let all: Vec<Value> = found.functions.iter().map(one).collect();
            Response::json(200, &json!(all))
        }
        _ => Response::empty(404),
    }
}

/// Calls what the test gave, without the lock. See `Cloud::start` for what it may answer.
pub(in crate::azure) fn call(
    shared: &Shared,
    request: &Request,
    artifact: &Arc<Vec<u8>>,
    environment: &BTreeMap<String, String>,
) -> Response {
    let served = Served {
        artifact,
        environment,
        path: &request.target(),
        method: &request.method,
        headers: &request.headers,
    };
    let late = "504.0 GatewayTimeout: the request timed out after 230 seconds";
    called(&shared.answer, &served, &request.body, late)
}
