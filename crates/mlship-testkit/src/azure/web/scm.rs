//! The host that a site is deployed to: `NAME.scm.azurewebsites.localhost`.

use serde_json::{Value, json};

use super::site::sku_of;
use super::skus::Runs;
use super::{body, deployment, running};
use crate::azure::error::error;
use crate::azure::http::{Request, Response};
use crate::azure::server::Shared;
use crate::azure::state::{Resource, State};

/// A call for a host of this kind; `None` for any other.
pub(in crate::azure) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    let label = host.strip_suffix(".scm.azurewebsites.localhost")?;
    let mut state = shared.lock();
    let Some(site) = running::by_label(&state, label) else {
        return Some(Response::text(404, "404 Web Site not found."));
    };
    if request.bearer().is_none() {
        let challenge = "Basic realm=\"site\"";
        return Some(Response::empty(401).with("www-authenticate", challenge));
    }
    if state.denied.contains("microsoft.web/sites/publish/action") {
        let action = "Microsoft.Web/sites/publish/Action";
        return Some(crate::azure::error::forbidden(action, &site.id.text));
    }
    Some(answer(&mut state, request, &site))
}

fn answer(state: &mut State, request: &Request, site: &Resource) -> Response {
    let flex = sku_of(state, site).is_some_and(|sku| sku.runs == Runs::OneFunctionApp);
    let path = request.path.trim_end_matches('/').to_lowercase();
    match (request.method.as_str(), path.as_str()) {
        ("POST", "/api/publish") if flex => publish(state, request, site),
        ("POST", "/api/zipdeploy") if !flex => zip_deploy(state, request, site),
        ("GET", "/api/deployments") => {
            let all = site.hidden.get("deployments").and_then(Value::as_array);
            let ids = all.into_iter().flatten().filter_map(|one| one["id"].as_str());
            let shown = ids.filter_map(|id| deployment::shown(state, site, id));
            Response::json(200, &json!(shown.map(|one| one.value()).collect::<Vec<_>>()))
        }
        ("GET", path) => {
            let which = path.strip_prefix("/api/deployments/").unwrap_or_default();
            deployment::look(state, site, which).unwrap_or_else(|| {
                let message = format!("Deployment '{which}' not found.");
                error(404, "NotFound", &message)
            })
        }
        _ => Response::empty(404),
    }
}

/// Flex Consumption's way: the answer is the deployment's id.
fn publish(state: &mut State, request: &Request, site: &Resource) -> Response {
    if request.header("content-type").is_none_or(|kind| !kind.starts_with("application/zip")) {
        return Response::json(415, &json!({"error": "The content type must be application/zip"}));
    }
    match deployment::begin(state, &site.id.text, request.body.clone()) {
        Ok(id) => Response::json(202, &json!(id)),
        Err(refused) => refused,
    }
}

/// Everybody else's way: the answer says where to look.
fn zip_deploy(state: &mut State, request: &Request, site: &Resource) -> Response {
    let id = match deployment::begin(state, &site.id.text, request.body.clone()) {
        Ok(id) => id,
        Err(refused) => return refused,
    };
    if request.query("isAsync").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let scm = body::scm_name(state, &site.id);
        let address = format!("http://{scm}/api/deployments/latest?deployer=ZipDeploy");
        return Response::empty(202)
            .with("location", &address)
            .with("scm-deployment-id", &id)
            .with("retry-after", &state.tape.script.retry_after.to_string());
    }
    // The caller waits: it is over when the answer comes.
    loop {
        match deployment::look(state, site, &id) {
            Some(seen) if seen.status == 202 => {}
            Some(seen) if seen.value()["status"] == 4 => return Response::empty(200),
            _ => return Response::empty(500),
        }
    }
}
