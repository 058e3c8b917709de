//! The calls of the Cloud Run API, as the documents name them.

use serde_json::{Value, json};

use super::service::not_found;
use super::{Change, Persist, Place, Service, Services, access, revision, service, settle, text};
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::Response;
use crate::gcp::operations::{self, Begin};
use crate::gcp::state::State;
use crate::gcp::{NUMBER, PROJECT};

type Done = Result<Response, Refusal>;

/// A call for this API; `None` for any other.
pub(in crate::gcp) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Done> {
    let what = ask.id.strip_prefix("run.projects.locations.services.")?;
    Some(match what {
        "create" => create(state, ask),
        "patch" => patch(state, ask),
        "delete" => delete(state, ask),
        "get" => get(state, ask),
        "list" => list(state, ask),
        "getIamPolicy" => policy_of(state, ask),
        "setIamPolicy" => set_policy(state, ask),
        "testIamPermissions" => Ok(Response::json(200, &access::tested(&ask.body, &*state))),
        "revisions.list" => list_revisions(state, ask),
        "revisions.get" => get_revision(state, ask),
        "revisions.delete" => delete_revision(state, ask),
        _ => return None,
    })
}

/// With the services out of the state, so that they can ask it.
pub(in crate::gcp) fn with<T>(
    state: &mut State,
    act: impl FnOnce(&mut Services, &mut State) -> T,
) -> T {
    let mut services = std::mem::take(&mut state.services);
    let done = act(&mut services, state);
    state.services = services;
    done
}

fn create(state: &mut State, ask: &Ask<'_>) -> Done {
    let place = Place::of(&name_of(ask, "parent")).ok_or_else(|| Refusal::not_found("no place"))?;
    let id = ask.query("serviceId").unwrap_or_default().to_owned();
    make(state, ask, &place, &id)
}

fn make(state: &mut State, ask: &Ask<'_>, place: &Place, id: &str) -> Done {
    let persist = persist(ask);
    let shown = with(state, |services, state| {
        service::create(services, place, id, &ask.body, None, persist, state)
    })?;
    Ok(begun(state, persist, shown))
}

fn patch(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "service.name");
    let name = if name.is_empty() { name_of(ask, "name") } else { name };
    let yes = |name: &str| ask.query(name) == Some("true");
    if !state.services.all.contains_key(&name) && yes("allowMissing") {
        let place = Place::of(&name).ok_or_else(|| not_found(&name))?;
        return make(state, ask, &place, text::last(&name));
    }
    let change = Change {
        mask: ask.query("updateMask").unwrap_or_default().to_owned(),
        force_new_revision: yes("forceNewRevision"),
        built: None,
    };
    let persist = persist(ask);
    let shown = with(state, |services, state| {
        service::patch(services, &name, &ask.body, change, persist, state)
    })?;
    Ok(begun(state, persist, shown))
}

fn delete(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "name");
    let persist = persist(ask);
    let etag = ask.query("etag").unwrap_or_default();
    let shown = service::remove(&mut state.services, &name, etag, Persist::OnlyValidate)?;
    let metadata = typed("Service", &shown);
    if persist == Persist::OnlyValidate {
        return Ok(Response::json(200, &over(state, &parent(&name), metadata)));
    }
    let begin = Begin { parent: parent(&name), target: name.clone(), metadata };
    let effect = move |state: &mut State| {
        // Somebody else may have removed it meanwhile.
        let removed = service::remove(&mut state.services, &name, "", Persist::Yes);
        Ok(typed("Service", &removed.unwrap_or(shown)))
    };
    Ok(Response::json(200, &operations::begin(state, begin, Box::new(effect))))
}

/// The operation that a change of a service is.
fn begun(state: &mut State, persist: Persist, shown: Value) -> Response {
    let name = text::of(&shown, "/name").to_owned();
    let metadata = typed("Service", &shown);
    if persist == Persist::OnlyValidate {
        return Response::json(200, &over(state, &parent(&name), metadata));
    }
    let begin = Begin { parent: parent(&name), target: name.clone(), metadata };
    let effect = move |state: &mut State| {
        settle::finish(&mut state.services, &name).map(|body| typed("Service", &body))
    };
    Response::json(200, &operations::begin(state, begin, Box::new(effect)))
}

/// An operation that is over as soon as it began.
fn over(state: &mut State, parent: &str, metadata: Value) -> Value {
    let name = format!("{parent}/operations/{}", state.uuid());
    json!({"name": name, "done": true, "response": metadata.clone(), "metadata": metadata})
}

fn get(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "name");
    if let Some(place) = Place::of(&name) {
        place.check()?;
    }
    pass_time(state, &name);
    let service = found(state, &name)?;
    Ok(Response::json(200, &service.body))
}

/// What is at work on a service gets on with every look at it or its revisions.
fn pass_time(state: &mut State, name: &str) {
    // A function is at work on its service.
    let function = name.replace("/services/", "/functions/");
    let both = [name, function.as_str()];
    both.iter().for_each(|name| operations::pass_time_of(state, name));
    let at_work = both.iter().any(|name| operations::at_work(state, name));
    let waits = |service: &Service| service.body["reconciling"] == true;
    if !at_work && state.services.all.get(name).is_some_and(waits) {
        settle::give_up(&mut state.services, name);
    }
}

fn list(state: &mut State, ask: &Ask<'_>) -> Done {
    let within = format!("{}/services/", name_of(ask, "parent"));
    let all = state.services.all.iter().filter(|(name, _)| name.starts_with(&within));
    let all: Vec<Value> = all.map(|(_, service)| service.body.clone()).collect();
    Ok(page(ask, "services", all))
}

fn list_revisions(state: &mut State, ask: &Ask<'_>) -> Done {
    let parent = name_of(ask, "parent");
    pass_time(state, &parent);
    let mut all: Vec<Value> = Vec::new();
    if let Some(region) = parent.strip_suffix("/services/-") {
        let services = state.services.all.iter().filter(|(name, _)| name.starts_with(region));
        services.for_each(|(_, one)| all.extend(one.revisions.iter().map(|it| it.body.clone())));
    } else {
        // The newest come first.
        let service = found(state, &parent)?;
        all.extend(service.revisions.iter().rev().map(|revision| revision.body.clone()));
    }
    Ok(page(ask, "revisions", all))
}

fn get_revision(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "name");
    let parent = name.split("/revisions/").next().unwrap_or_default().to_owned();
    pass_time(state, &parent);
    let service = found(state, &parent).map_err(|_| not_found(&name))?;
    let revision = service.revision(text::last(&name)).ok_or_else(|| not_found(&name))?;
    Ok(Response::json(200, &revision.body))
}

fn delete_revision(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "name");
    let service_name = name.split("/revisions/").next().unwrap_or_default().to_owned();
    let id = text::last(&name).to_owned();
    let service = found(state, &service_name).map_err(|_| not_found(&name))?;
    let revision = service.revision(&id).ok_or_else(|| not_found(&name))?;
    let body = revision.body.clone();
    let etag = ask.query("etag").unwrap_or_default();
    if !etag.is_empty() && etag != text::of(&body, "/etag") {
        return Err(Refusal::aborted(format!("Conflict for resource '{id}'.")));
    }
    if let Some(why) = revision::held(service, &id) {
        return Err(why);
    }
    let metadata = typed("Revision", &body);
    if persist(ask) == Persist::OnlyValidate {
        return Ok(Response::json(200, &over(state, &parent(&name), metadata)));
    }
    let begin = Begin { parent: parent(&name), target: name, metadata: metadata.clone() };
    let effect = move |state: &mut State| {
        if let Some(service) = state.services.all.get_mut(&service_name) {
            if let Some(why) = revision::held(service, &id) {
                return Err(why);
            }
            service.revisions.retain(|revision| revision.id() != id);
        }
        Ok(metadata)
    };
    Ok(Response::json(200, &operations::begin(state, begin, Box::new(effect))))
}

fn policy_of(state: &mut State, ask: &Ask<'_>) -> Done {
    let service = found(state, &name_of(ask, "resource"))?;
    Ok(Response::json(200, &service.policy))
}

fn set_policy(state: &mut State, ask: &Ask<'_>) -> Done {
    let name = name_of(ask, "resource");
    with(state, |services, state| {
        services.serial += 1;
        let serial = services.serial;
        let service = services.all.get_mut(&name).ok_or_else(|| not_found(&name))?;
        let policy = access::set_policy(&mut service.policy, &ask.body, serial, state)?;
        Ok(Response::json(200, &policy))
    })
}

fn found<'a>(state: &'a State, name: &str) -> Result<&'a Service, Refusal> {
    state.services.all.get(name).ok_or_else(|| not_found(name))
}

fn persist(ask: &Ask<'_>) -> Persist {
    match ask.query("validateOnly") {
        Some("true") => Persist::OnlyValidate,
        _ => Persist::Yes,
    }
}

/// A name of the path, with the project's id where it has its number.
pub(in crate::gcp) fn name_of(ask: &Ask<'_>, parameter: &str) -> String {
    ask.path(parameter).replacen(&format!("projects/{NUMBER}/"), &format!("projects/{PROJECT}/"), 1)
}

fn parent(name: &str) -> String {
    Place::of(name).map(|place| place.parent()).unwrap_or_default()
}

fn typed(kind: &str, body: &Value) -> Value {
    let mut typed = json!({"@type": format!("type.googleapis.com/google.cloud.run.v2.{kind}")});
    body.as_object().into_iter().flatten().for_each(|(name, value)| typed[name] = value.clone());
    typed
}

/// One page of a list.
pub(in crate::gcp) fn page(ask: &Ask<'_>, member: &str, all: Vec<Value>) -> Response {
    let number = |name: &str| ask.query(name).and_then(|text| text.parse::<usize>().ok());
    let from = number("pageToken").unwrap_or(0);
    let size = number("pageSize").filter(|size| *size > 0).unwrap_or(100).min(1000);
    let left = all.len().saturating_sub(from) > size;
    let page: Vec<Value> = all.into_iter().skip(from).take(size).collect();
    let mut body = json!({});
    if !page.is_empty() {
        body[member] = json!(page);
    }
    if left {
        body["nextPageToken"] = json!((from + size).to_string());
    }
    Response::json(200, &body)
}
