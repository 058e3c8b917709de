//! What hangs on a container app: its revisions one by one, their replicas, and a replica's log.

use serde_json::{Value, json};

use super::super::http::{Request, Response};
use super::super::resource_type::Act;
use super::super::state::{Resource, State};
use super::apps::{self, no_revision};
use super::{environments, logs, revisions, secrets};

/// Answers what is below `revisions`.
pub(super) fn serve(state: &mut State, act: &Act<'_>) -> Option<Response> {
    let app = state.get_mut(&act.id.text)?;
    let words = act.words.get(1..)?;
    let Some((name, rest)) = words.split_first() else {
        let names: Vec<String> = revisions::all(app).iter().map(name_of).collect();
        let all: Vec<Value> = names.iter().filter_map(|name| look(app, name)).collect();
        return Some(Response::json(200, &json!({"value": all})));
    };
    let Some(shown) = look(app, name) else { return Some(no_revision(act, name)) };
    let rest: Vec<String> = rest.iter().map(|word| word.to_lowercase()).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (act.request.method.as_str(), rest.as_slice()) {
        ("GET", []) => Some(Response::json(200, &shown)),
        ("POST", [word @ ("activate" | "deactivate")]) => {
            let active = *word == "activate";
            revisions::change(app, name, |one| one["active"] = json!(active));
            Some(Response::empty(200))
        }
        ("POST", ["restart"]) => {
            restart(app, name);
            Some(Response::empty(200))
        }
        ("GET", ["replicas"]) => {
            let running = shown["properties"]["runningState"] == "Running";
            let all: Vec<Value> = running.then(|| replica(app, name)).into_iter().collect();
            Some(Response::json(200, &json!({"value": all})))
        }
        _ => None,
    }
}

fn name_of(revision: &Value) -> String {
    revision["name"].as_str().unwrap_or_default().to_owned()
}

/// A look at a revision, which brings it nearer to being ready.
fn look(app: &mut Resource, name: &str) -> Option<Value> {
    let mut ready = true;
    revisions::change(app, name, |one| ready = !revisions::unready(one));
    let revision = revisions::all(app).iter().find(|one| one["name"] == name)?.clone();
    Some(revisions::shown(app, &revision, ready))
}

/// A replica begins anew, with the secrets as they are now.
fn restart(app: &mut Resource, name: &str) {
    let kept = app.hidden.get(secrets::SECRETS).cloned().unwrap_or_default();
    revisions::change(app, name, |one| {
        let container = one["template"]["containers"][0].clone();
        one["environment"] = json!(secrets::environment(&container, &kept));
    });
}

/// The one replica of a revision.
fn replica(app: &Resource, revision: &str) -> Value {
    let name = format!("{revision}-0");
    let template = &revisions::all(app).iter().find(|one| one["name"] == revision).cloned();
    let container = template.as_ref().map(|one| one["template"]["containers"][0]["name"].clone());
    let container = container.unwrap_or_default();
    let endpoint = app.text("/properties/eventStreamEndpoint");
    let stream = format!(
        "{}/revisions/{revision}/replicas/{name}/containers/{}/logstream",
        endpoint.trim_end_matches("/eventstream"),
        container.as_str().unwrap_or_default()
    );
    json!({
        "id": format!("{}/revisions/{revision}/replicas/{name}", app.id.text), "name": name,
        "type": "Microsoft.App/containerapps/revisions/replicas",
        "properties": {
            "createdTime": "2026-01-01T00:00:00Z", "runningState": "Running",
            "containers": [{
                "name": container, "ready": true, "started": true, "restartCount": 0,
                "runningState": "Running", "logStreamEndpoint": stream,
            }],
        },
    })
}

/// A replica's log, as the address in [`replica`] gives it to who has the app's token. The whole
/// log is answered at once, even to who would follow it.
pub(super) fn stream(state: &State, request: &Request) -> Option<Response> {
    let path = request.path.strip_suffix("/logstream")?;
    let (id, _) = path.split_once("/revisions/")?;
    let app = state.get(id).filter(|app| app.id.kind == apps::KIND)?;
    if request.bearer() != Some(&environments::stream_token(&app.id.text)) {
        return Some(Response::text(401, "the token is not the app's"));
    }
    let tail = request.query("tailLines").and_then(|lines| lines.parse().ok());
    Some(Response::text(200, &logs::text(state, &app.id, tail)))
}
