//! `Microsoft.App/containerApps`: an app, its revisions, and who of them answers.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::error::{error, not_found};
use super::super::http::{Request, Response};
use super::super::operations::{FAILS, begin_action};
use super::super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, merge};
use super::super::server::Shared;
use super::super::state::{Resource, State};
use super::super::tags;
use super::environments::{VERSIONS, course, patched, token};
use super::revisions::{self, Next};
use super::{call, identities, replicas, secrets, template, traffic};

/// The type.
pub(in super::super) struct Apps;

pub(super) const KIND: &str = "Microsoft.App/containerApps";

/// Where an app counts its calls.
const TURN: &str = "turn";

impl ResourceType for Apps {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        if put.text("/location").is_none() {
            let message = "The location property is required for this definition.";
            return Err(error(400, "LocationRequired", message));
        }
        tags::check(&put.body["tags"])?;
        let identity = identities::attached(state, &put.id.text, &put.body["identity"])?;
        let kept = secrets::kept(put)?;
        let environment = template::check(state, put, &identity)?;
        let (environment_id, domain) =
            (environment.id.text.clone(), environment.text("/properties/defaultDomain").to_owned());
        let mut body = Value::Object(put.members(&["location", "tags", "kind", "managedBy"]));
        body["identity"] = identity.clone();
        body["properties"] = put.body["properties"].clone();
        settle(&mut body, put, &environment_id, &domain, &secrets::names(&kept));
        let next = revisions::next(state, put, &identity, &kept);
        weights(put, &body, &next)?;
        Ok(made(put, body, kept, next))
    }

    fn patched(&self, put: &Put<'_>) -> Result<Value, Response> {
        Ok(patched(put))
    }

    fn shown(&self, _: &State, app: &Resource) -> Value {
        let mut body = app.body.clone();
        let all = revisions::all(app);
        let properties = &mut body["properties"];
        if let Some(latest) = all.last().and_then(name_of) {
            properties["latestRevisionName"] = json!(latest);
            properties["latestRevisionFqdn"] = json!(revisions::fqdn(app, latest));
        }
        if let Some(ready) = all.iter().rfind(|one| one["unready"] == 0).and_then(name_of) {
            properties["latestReadyRevisionName"] = json!(ready);
        }
        body
    }

    fn delete(&self, _: &mut State, _: &Resource) -> Result<Course, Response> {
        Ok(Course::running((202, 202), Follow::Location, "Deleting"))
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let words = act.lower();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (act.request.method.as_str(), words.as_slice()) {
            ("POST", ["listsecrets"]) => {
                let app = state.get(&act.id.text)?;
                let none = Value::Null;
                let kept = app.hidden.get(secrets::SECRETS).unwrap_or(&none);
                Some(Response::json(200, &secrets::values(kept)))
            }
            ("POST", ["getauthtoken"]) => Some(token(act.id)),
            ("POST", [word @ ("start" | "stop")]) => {
                let status = if *word == "start" { "Running" } else { "Stopped" };
                Some(run_or_stop(state, act, status))
            }
            (_, ["revisions", ..]) => replicas::serve(state, act),
            _ => None,
        }
    }
}

fn name_of(revision: &Value) -> Option<&str> {
    revision["name"].as_str()
}

/// Starts or stops an app.
fn run_or_stop(state: &mut State, act: &Act<'_>, status: &'static str) -> Response {
    let key = act.id.key();
    let then = move |state: &mut State| {
        if let Some(app) = state.get_mut(&key) {
            app.set_property("runningStatus", json!(status));
        }
    };
    begin_action(state, act.id, Arc::new(then))
}

/// What Azure adds to what was sent, and what it does not show.
fn settle(body: &mut Value, put: &Put<'_>, environment: &str, domain: &str, secrets: &Value) {
    let properties = &mut body["properties"];
    let own = json!({
        "managedEnvironmentId": environment, "environmentId": environment,
        "runningStatus": "Running", "outboundIpAddresses": ["203.0.113.11"],
        "workloadProfileName": properties["workloadProfileName"].as_str().unwrap_or("Consumption"),
        "customDomainVerificationId": identities::uuid_of("domain check", &put.id.key()),
        "eventStreamEndpoint": format!("http://{domain}{}/eventstream", put.id.text),
    });
    merge(properties, &own);
    let configuration = &mut properties["configuration"];
    if !configuration.is_object() {
        *configuration = json!({});
    }
    if !configuration["activeRevisionsMode"].is_string() {
        configuration["activeRevisionsMode"] = json!("Single");
    }
    configuration["secrets"] = secrets.clone();
    let ingress = &mut configuration["ingress"];
    if !ingress.is_object() {
        return;
    }
    let between = if ingress["external"] == true { "" } else { "internal." };
    ingress["fqdn"] = json!(format!("{}.{between}{domain}", put.id.name()));
    if ingress["traffic"].as_array().is_none_or(Vec::is_empty) {
        ingress["traffic"] = traffic::all_to_the_latest();
    }
}

/// Whether the weights may be, with the revision that comes.
fn weights(put: &Put<'_>, body: &Value, next: &Next) -> Result<(), Response> {
    let ingress = &body["properties"]["configuration"]["ingress"];
    // A revision that cannot be begun is the graver fault, and told of by the operation.
    if !ingress.is_object() || matches!(next, Next::Failed(_)) {
        return Ok(());
    }
    let name = |one: &Value| one["name"].as_str().unwrap_or_default().to_owned();
    let before = put.before.map_or(&[][..], revisions::all);
    let mut known: Vec<(String, bool)> =
        before.iter().map(|one| (name(one), one["active"] == true)).collect();
    if let Next::New(revision, _) = next {
        known.push((name(revision), true));
    }
    let known: Vec<(&str, bool)> = known.iter().map(|(name, on)| (name.as_str(), *on)).collect();
    traffic::check(&ingress["traffic"], &known)
}

fn made(put: &Put<'_>, body: Value, kept: Value, next: Next) -> Made {
    let new = match next {
        Next::Failed(message) => {
            let body = put.before.map_or(body, |before| before.body.clone());
            let why = json!({"code": "ContainerAppOperationError", "message": message});
            return Made { body, hidden: Map::new(), course: course(put, "InProgress") }
                .hiding(FAILS, why);
        }
        Next::Same => None,
        Next::New(revision, image) => Some((revision, image)),
    };
    let key = put.id.key();
    let then = move |state: &mut State| {
        if let Some(app) = state.get_mut(&key) {
            revisions::begin(app, new.clone());
        }
    };
    let course = match course(put, "InProgress") {
        Course::Running { made, changed, follow, state, .. } => {
            Course::Running { made, changed, follow, state, then: Some(Arc::new(then)) }
        }
        done @ Course::Done { .. } => done,
    };
    Made { body, hidden: Map::new(), course }.hiding(secrets::SECRETS, kept)
}

/// The environment that an app is in.
pub(super) fn environment_id(app: &Resource) -> &str {
    app.text("/properties/managedEnvironmentId")
}

/// Answers for the hosts of apps and of their revisions.
pub(in super::super) fn apps_hosts(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    if !host.ends_with(".azurecontainerapps.localhost") {
        return None;
    }
    let chosen = {
        let mut state = shared.lock();
        if let Some(stream) = replicas::stream(&state, request) {
            return Some(stream);
        }
        match choose(&mut state, &host) {
            Ok(chosen) => chosen,
            Err(refused) => return Some(refused),
        }
    };
    let (image, environment) = chosen;
    Some(call::answered(shared, request, &image, &environment))
}

type Chosen = (Arc<Vec<u8>>, std::collections::BTreeMap<String, String>);

/// The revision that answers a call to a host.
fn choose(state: &mut State, host: &str) -> Result<Chosen, Response> {
    let missing = || {
        let text = "Error 404 - This Container App is stopped or does not exist.";
        Response::text(404, text)
    };
    let (label, domain) = host.split_once('.').ok_or_else(missing)?;
    let (name, own) = match label.split_once("--") {
        Some((name, _)) => (name, Some(label)),
        None => (label, None),
    };
    let meant = format!("{name}.{domain}");
    let is_it = |app: &&Resource| {
        let fqdn = app.text("/properties/configuration/ingress/fqdn");
        let stopped = app.text("/properties/runningStatus") == "Stopped";
        fqdn.split(':').next().is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(&meant)) && !stopped
    };
    let key = state.of_kind(KIND).find(is_it).map(|app| app.id.key()).ok_or_else(missing)?;
    let app = state.get_mut(&key).ok_or_else(missing)?;
    if app.body["properties"]["configuration"]["ingress"]["external"] != true {
        return Err(missing());
    }
    let revision = match own {
        Some(own) => own.to_owned(),
        None => by_weight(app).ok_or_else(missing)?,
    };
    let mut waiting = false;
    let on_its_own = own.is_some();
    let found = revisions::change(app, &revision, |one| {
        waiting = on_its_own && revisions::unready(one);
    });
    if waiting {
        return Err(Response::text(503, "no healthy upstream"));
    }
    let all = revisions::all(app);
    let one = all.iter().find(|one| found && one["name"] == *revision && one["active"] == true);
    let one = one.ok_or_else(missing)?;
    let image = app.files.get(&revision).cloned().unwrap_or_default();
    Ok((image, revisions::environment(one)))
}

/// The revision whose turn it is.
fn by_weight(app: &mut Resource) -> Option<String> {
    let turn = app.hidden.get(TURN).and_then(Value::as_u64).unwrap_or(0);
    app.hidden.insert(TURN.to_owned(), json!(turn + 1));
    let all = revisions::all(app);
    let latest = all.last()?["name"].as_str()?;
    let rules = &app.body["properties"]["configuration"]["ingress"]["traffic"];
    let weights: Vec<(&str, i64)> = all
        .iter()
        .filter_map(|one| one["name"].as_str())
        .map(|name| (name, traffic::weight_of(rules, name, latest)))
        .collect();
    traffic::turn_of(&weights, turn).map(str::to_owned)
}

/// There is no such revision.
pub(super) fn no_revision(act: &Act<'_>, name: &str) -> Response {
    let mut missing = not_found(act.id);
    let message =
        format!("The Revision '{name}' of container app '{}' was not found.", act.id.name());
    let body = json!({"error": {"code": "RevisionNotFound", "message": message}});
    missing.body = body.to_string().into_bytes();
    missing
}
