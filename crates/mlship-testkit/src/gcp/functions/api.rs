//! The calls of the Cloud Functions API, as its document names them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::build::{Built, build, check_runtime};
use super::{Function, service, upload};
use crate::cloud::http::Response;
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::operations::{self, Begin};
use crate::gcp::run::{
    Change, Persist, Place, Services, World, check_labels, create as create_service, field, finish,
    name_of, not_found, page, patch as patch_service, patched, remove as remove_service,
    set_policy, started, take, tested, text, with,
};
use crate::gcp::state::State;

type Done = Result<Response, Refusal>;

/// What only Google sets.
const KEPT: [&str; 6] = ["name", "state", "stateMessages", "createTime", "updateTime", "url"];

/// What a caller sets.
const FIELDS: [&str; 8] = [
    "name",
    "description",
    "buildConfig",
    "serviceConfig",
    "eventTrigger",
    "labels",
    "environment",
    "kmsKeyName",
];

/// A call for this API; `None` for any other.
pub(in crate::gcp) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Done> {
    let what = ask.id.strip_prefix("cloudfunctions.projects.locations.functions.")?;
    Some(match what {
        "generateUploadUrl" => upload_url(state, ask),
        "create" => create(state, ask),
        "patch" => patch(state, ask),
        "delete" => delete(state, ask),
        "get" => {
            let name = name_of(ask, "name");
            pass_time(state, &name);
            found(state, &name).map(|function| Response::json(200, &function.body))
        }
        "list" => {
            let within = format!("{}/functions/", name_of(ask, "parent"));
            let all = state.functions.all.iter().filter(|(name, _)| name.starts_with(&within));
            let all = all.map(|(_, function)| function.body.clone()).collect();
            Ok(page(ask, "functions", all))
        }
        "getIamPolicy" => found(state, &name_of(ask, "resource"))
            .map(|function| Response::json(200, &function.policy)),
        "setIamPolicy" => policy(state, ask),
        "testIamPermissions" => Ok(Response::json(200, &tested(&ask.body, &*state))),
        _ => return None,
    })
}

fn upload_url(state: &mut State, ask: &Ask<'_>) -> Done {
    let place = place_of(&name_of(ask, "parent"))?;
    place.check()?;
    Ok(Response::json(200, &upload::url(state, &place)))
}

fn create(state: &mut State, ask: &Ask<'_>) -> Done {
    let place = place_of(&name_of(ask, "parent"))?;
    place.check()?;
    let id = ask.query("functionId").unwrap_or_default();
    check_id(id)?;
    let name = format!("{}/functions/{id}", place.parent());
    if state.functions.all.contains_key(&name) {
        let message = format!("Could not create Cloud Functions. Resource {name} already exists.");
        return Err(Refusal::exists(message));
    }
    if state.services.all.contains_key(&place.service(id)) {
        let message = format!(
            "Could not create Cloud Run service {id}. A service of this name \
            already exists."
        );
        return Err(Refusal::exists(message));
    }
    let mut body = ask.body.clone();
    KEPT.iter().for_each(|kept| drop(body.as_object_mut().and_then(|body| body.remove(*kept))));
    body["name"] = json!(name);
    let source = source_of(state, &body)?;
    deploy(state, &place, body, source, "create")
}

fn patch(state: &mut State, ask: &Ask<'_>) -> Done {
    let mut name = name_of(ask, "function.name");
    if name.is_empty() {
        name = name_of(ask, "name");
    }
    let place = place_of(&name)?;
    let old = found(state, &name)?.clone();
    if operations::at_work(state, &name) {
        let message = format!(
            "unable to queue the operation: an operation on function {} is \
            already in progress.",
            text::last(&name)
        );
        return Err(Refusal::aborted(message));
    }
    let mask = ask.query("updateMask").unwrap_or_default();
    let body = patched(&old.body, &ask.body, mask, &KEPT, &FIELDS)?;
    let same = body["buildConfig"]["source"] == old.body["buildConfig"]["source"];
    let source = match same {
        true => old.source,
        false => source_of(state, &body)?,
    };
    deploy(state, &place, body, source, "update")
}

fn delete(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "name");
    let place = place_of(&name)?;
    if let Some(function) = state.functions.all.get_mut(&name) {
        function.body["state"] = json!("DELETING");
    } else {
        return Err(not_found(&name));
    }
    let begin = begin(&place, &name, "delete");
    let service = place.service(text::last(&name));
    let effect = move |state: &mut State| {
        state.functions.all.remove(&name);
        // It may have been removed by itself.
        remove_service(&mut state.services, &service, "", Persist::Yes).ok();
        Ok(json!({"@type": "type.googleapis.com/google.protobuf.Empty"}))
    };
    Ok(Response::json(200, &operations::begin(state, begin, Box::new(effect))))
}

/// Builds, makes or changes the service, and begins the operation that ends with what came of it.
fn deploy(
    state: &mut State,
    place: &Place,
    mut body: Value,
    source: Arc<Vec<u8>>,
    verb: &str,
) -> Done {
    let name = text::of(&body, "/name").to_owned();
    check_labels(&body["labels"], "labels")?;
    let runtime = text::of(&body, "/buildConfig/runtime").to_owned();
    check_runtime(&runtime)?;
    let id = text::last(&name).to_owned();
    if text::of(&body, "/buildConfig/entryPoint").is_empty() {
        body["buildConfig"]["entryPoint"] = json!(id);
    }
    body["serviceConfig"] = service::filled(&body["serviceConfig"])?;
    let entry = text::of(&body, "/buildConfig/entryPoint").to_owned();
    let built = build(&source, &runtime, &entry, place);
    if let Ok(what) = &built {
        run(state, place, &body, &source, what)?;
    }
    state.services.serial += 1;
    let now = text::time(state.services.serial);
    shown(&mut body, place, &now);
    body["state"] = json!("DEPLOYING");
    body.as_object_mut().map(|body| body.remove("stateMessages"));
    let policy = json!({"etag": "ACAB"});
    let policy = state.functions.all.get(&name).map_or(policy, |old| old.policy.clone());
    state.functions.all.insert(name.clone(), Function { body, source, policy });
    let begin = begin(place, &name, verb);
    let service = place.service(&id);
    let failure = built.err();
    let effect = move |state: &mut State| ended(state, &name, &service, failure);
    Ok(Response::json(200, &operations::begin(state, begin, Box::new(effect))))
}

/// Makes or changes the service. All traffic goes to the newest, or stays as it is.
fn run(
    state: &mut State,
    place: &Place,
    function: &Value,
    source: &Arc<Vec<u8>>,
    built: &Built,
) -> Result<(), Refusal> {
    let id = text::last(text::of(function, "/name")).to_owned();
    let mut sent = service::of(function, place)?;
    if let Built::WithoutEntry(_) = built {
        let env = &mut sent["template"]["containers"][0]["env"];
        let never = json!({"name": "STANDIN_NEVER_LISTENS", "value": "1"});
        if let Some(env) = env.as_array_mut() {
            env.push(never);
        }
    }
    let name = place.service(&id);
    let built = Some(Arc::clone(source));
    with(state, |services, state| {
        let Some(old) = services.all.get(&name) else {
            return create_service(services, place, &id, &sent, built, Persist::Yes, state);
        };
        let all_to_newest = function["serviceConfig"]["allTrafficOnLatestRevision"] == true;
        let mut mask = "template,labels,ingress".to_owned();
        if all_to_newest {
            mask.push_str(",traffic");
        }
        // Labels that others put on the service stay.
        let others = old.body["labels"].as_object().into_iter().flatten();
        for (label, value) in others {
            if sent["labels"].get(label).is_none() {
                sent["labels"][label.as_str()] = value.clone();
            }
        }
        let change = Change { mask, built, ..Change::default() };
        patch_service(services, &name, &sent, change, Persist::Yes, state)
    })
    .map(drop)
}

/// The end of a deployment.
fn ended(
    state: &mut State,
    name: &str,
    service: &str,
    failure: Option<Refusal>,
) -> Result<Value, Refusal> {
    let done = match failure {
        Some(failure) => Err(failure),
        None => finish(&mut state.services, service).map_err(|why| {
            let healthy = match why.message.contains("failed to start and listen") {
                true => " Container Healthcheck failed.",
                false => "",
            };
            let id = text::last(service);
            Refusal::invalid(format!(
                "Could not create or update Cloud Run service {id},{healthy} {}",
                why.message
            ))
        }),
    };
    let Some(function) = state.functions.all.get_mut(name) else { return Err(not_found(name)) };
    if let Some(ready) = state.services.all.get(service) {
        let config = &mut function.body["serviceConfig"];
        config["service"] = json!(service);
        config["uri"] = ready.body["uri"].clone();
        config["revision"] = json!(text::last(text::of(&ready.body, "/latestReadyRevision")));
    }
    match done {
        Ok(_) => {
            function.body["state"] = json!("ACTIVE");
            let mut typed = function.body.clone();
            typed["@type"] = json!("type.googleapis.com/google.cloud.functions.v2.Function");
            Ok(typed)
        }
        Err(why) => {
            function.body["state"] = json!("FAILED");
            function.body["stateMessages"] = json!([{"severity": "ERROR",
                "type": "CloudRunServiceNotFound", "message": why.message}]);
            Err(why)
        }
    }
}

/// What Google adds to a function.
fn shown(body: &mut Value, place: &Place, now: &str) {
    let id = text::last(text::of(body, "/name")).to_owned();
    body["environment"] = json!("GEN_2");
    if body["createTime"].is_null() {
        body["createTime"] = json!(now);
    }
    body["updateTime"] = json!(now);
    body["url"] =
        json!(format!("https://{}-{}.cloudfunctions.net/{id}", place.region, place.project));
    let build = &mut body["buildConfig"];
    build["dockerRegistry"] = json!("ARTIFACT_REGISTRY");
    build["dockerRepository"] = json!(format!("{}/repositories/gcf-artifacts", place.parent()));
    build["sourceProvenance"] = json!({"resolvedStorageSource": build["source"]["storageSource"]});
    body["serviceConfig"]["service"] = json!(place.service(&id));
}

/// The source that a function names, when it is there.
fn source_of(state: &mut State, body: &Value) -> Result<Arc<Vec<u8>>, Refusal> {
    let place = &body["buildConfig"]["source"]["storageSource"];
    let (bucket, object) = (text::of(place, "/bucket"), text::of(place, "/object"));
    if bucket.is_empty() || object.is_empty() {
        return Err(field("function.build_config.source", "a storage source is required"));
    }
    let generation = place["generation"].as_str().filter(|text| !text.is_empty());
    let sent = upload::sent(state, bucket, object);
    sent.or_else(|| state.object(bucket, object, generation)).ok_or_else(|| {
        Refusal::not_found(format!("Source code object gs://{bucket}/{object} was not found."))
    })
}

fn policy(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "resource");
    let mut policy = found(state, &name)?.policy.clone();
    state.services.serial += 1;
    let set = set_policy(&mut policy, &ask.body, state.services.serial, &*state)?;
    if let Some(function) = state.functions.all.get_mut(&name) {
        function.policy = policy;
    }
    Ok(Response::json(200, &set))
}

/// What is at work on a function gets on with every look. What was given up has failed.
fn pass_time(state: &mut State, name: &str) {
    operations::pass_time_of(state, name);
    let at_work = operations::at_work(state, name);
    if let Some(function) = state.functions.all.get_mut(name)
        && !at_work
        && function.body["state"] == "DEPLOYING"
    {
        function.body["state"] = json!("FAILED");
    }
}

/// A function that somebody else made: it is there at once and was not built. False when it cannot
/// be.
pub(in crate::gcp) fn plant(state: &mut State, name: &str, body: &Value) -> bool {
    let Some(place) = Place::of(name) else { return false };
    let mut body = body.clone();
    body["name"] = json!(name);
    if text::of(&body, "/buildConfig/runtime").is_empty() {
        body["buildConfig"]["runtime"] = json!("python312");
    }
    if text::of(&body, "/buildConfig/entryPoint").is_empty() {
        body["buildConfig"]["entryPoint"] = json!("main");
    }
    let Ok(config) = service::filled(&body["serviceConfig"]) else { return false };
    body["serviceConfig"] = config;
    let source = Arc::new(Vec::new());
    if run(state, &place, &body, &source, &Built::Good).is_err() {
        return false;
    }
    all_up(&mut state.services);
    shown(&mut body, &place, &text::time(0));
    let policy = json!({"etag": "ACAB"});
    state.functions.all.insert(name.to_owned(), Function { body, source, policy });
    ended(state, name, &place.service(text::last(name)), None).is_ok()
}

fn all_up(services: &mut Services) {
    while let Some(start) = take(services) {
        started(services, &start, Ok(()));
    }
}

fn begin(place: &Place, name: &str, verb: &str) -> Begin {
    let metadata = json!({
        "@type": "type.googleapis.com/google.cloud.functions.v2.OperationMetadata",
        "createTime": "2026-01-01T00:00:00.000000Z", "target": name, "verb": verb,
        "apiVersion": "v2", "cancelRequested": false,
    });
    Begin { parent: place.parent(), target: name.to_owned(), metadata }
}

fn found<'a>(state: &'a State, name: &str) -> Result<&'a Function, Refusal> {
    state.functions.all.get(name).ok_or_else(|| not_found(name))
}

fn place_of(name: &str) -> Result<Place, Refusal> {
    Place::of(name).ok_or_else(|| Refusal::not_found(format!("`{name}` is no location")))
}

fn check_id(id: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = (1..=63).contains(&id.len())
        && id.bytes().all(plain)
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && !id.ends_with('-');
    match good {
        true => Ok(()),
        false => {
            let why = format!(
                "Invalid function id '{id}': must match ^[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?$"
            );
            Err(field("function_id", &why))
        }
    }
}
