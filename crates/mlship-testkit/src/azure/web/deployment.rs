//! Deployments of a site: begun with a package, over after so many looks. The service says nothing
//! about what is in the package; it only wants a zip.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::conflict;
use super::site::sku_of;
use super::skus::Runs;
use super::{access, body, package, running};
use crate::azure::http::Response;
use crate::azure::state::{Resource, State};

/// Numbers that a deployment's `status` has.
const BUILDING: u64 = 1;
const FAILED: u64 = 3;
const SUCCEEDED: u64 = 4;

/// Begins one and says its id.
///
/// # Errors
/// The answer that refuses it: another is under way.
pub(super) fn begin(state: &mut State, site: &str, artifact: Vec<u8>) -> Result<String, Response> {
    pass_time(state, site);
    if state.get(site).is_some_and(|site| site.files.contains_key("staged")) {
        return Err(conflict(
            "There is a deployment currently in progress. Please try again when it completes.",
        ));
    }
    let id = state.uuid();
    let looks = 1 + state.tape.script.slow;
    if let Some(site) = state.get_mut(site) {
        site.files.insert("staged".into(), Arc::new(artifact));
        let all = site.hidden.entry("deployments").or_insert_with(|| json!([]));
        let one = json!({"id": id, "looks": looks, "status": BUILDING, "why": ""});
        if let Some(all) = all.as_array_mut() {
            all.push(one);
        }
    }
    Ok(id)
}

/// A look at one: 202 until it is over, then 200. `None` when there is no such deployment.
pub(super) fn look(state: &mut State, site: &Resource, which: &str) -> Option<Response> {
    pass_time(state, &site.id.text);
    let site = state.get(&site.id.text)?.clone();
    shown(state, &site, which)
}

/// What is shown of one.
pub(super) fn shown(state: &State, site: &Resource, which: &str) -> Option<Response> {
    let all = site.hidden.get("deployments")?.as_array()?;
    let one = match which {
        "latest" => all.last()?,
        id => all.iter().find(|one| one["id"] == id)?,
    };
    let status = one["status"].as_u64()?;
    let over = status != BUILDING;
    let id = one["id"].as_str()?;
    let scm = body::scm_name(state, &site.id);
    let text = match status {
        BUILDING => "Building and Deploying...",
        FAILED => one["why"].as_str()?,
        _ => "",
    };
    let end = if over { json!("2026-01-01T00:00:01Z") } else { Value::Null };
    let body = json!({
        "id": id, "status": status, "status_text": text, "author_email": "N/A", "author": "N/A",
        "deployer": "mlship", "message": "Created via a push deployment", "progress": "",
        "received_time": "2026-01-01T00:00:00Z", "start_time": "2026-01-01T00:00:00Z",
        "end_time": end, "last_success_end_time": end, "complete": over,
        "active": status == SUCCEEDED, "is_temp": false, "is_readonly": true,
        "url": format!("http://{scm}/api/deployments/{id}"),
        "log_url": format!("http://{scm}/api/deployments/{id}/log"),
        "site_name": site.id.names[0],
    });
    Some(Response::json(if over { 200 } else { 202 }, &body))
}

/// A deployment gets on with every look at it and every try to begin another.
fn pass_time(state: &mut State, site: &str) {
    let Some(found) = state.get_mut(site) else { return };
    let Some(staged) = found.files.get("staged").cloned() else { return };
    let all = found.hidden.get_mut("deployments").and_then(Value::as_array_mut);
    let Some(one) = all.and_then(|all| all.last_mut()) else { return };
    let looks = one["looks"].as_u64().unwrap_or(0);
    if looks > 0 {
        one["looks"] = json!(looks - 1);
        return;
    }
    let found = found.clone();
    let why = why_not(state, &found, &staged);
    let Some(found) = state.get_mut(site) else { return };
    found.files.remove("staged");
    if why.is_none() {
        found.files.insert("deployed".into(), staged);
    }
    let all = found.hidden.get_mut("deployments").and_then(Value::as_array_mut);
    if let Some(one) = all.and_then(|all| all.last_mut()) {
        one["status"] = json!(if why.is_some() { FAILED } else { SUCCEEDED });
        one["why"] = json!(why.unwrap_or_default());
    }
    running::load(state, site);
}

/// Why a deployment fails. On Flex Consumption the package is first put into the app's container.
fn why_not(state: &mut State, site: &Resource, artifact: &Arc<Vec<u8>>) -> Option<String> {
    let told = state.tape.script.failing.as_ref();
    if told.is_some_and(|text| site.id.key().contains(&text.to_lowercase())) {
        return Some("Deployment failed.".to_owned());
    }
    if !package::is_zip(artifact) {
        return Some("The package is not a valid zip file.".to_owned());
    }
    let flex = sku_of(state, site).is_some_and(|sku| sku.runs == Runs::OneFunctionApp);
    let why = if flex { access::why_not(state, site) } else { None };
    why.map(|why| {
        format!(
            "[StorageAccessibleCheck] Error while checking access to storage account using Kudu: \
             {why}"
        )
    })
}
