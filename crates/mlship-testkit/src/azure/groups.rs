//! Resource groups, and the list of what is in one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::arm::{listed, plain_location, shown};
use super::error::{busy, error, group_not_found};
use super::http::{Request, Response};
use super::id::Id;
use super::operations::{self, Work, begin};
use super::resource_type::{Course, Follow, merge};
use super::state::{Resource, State};
use super::{SUBSCRIPTION, checks, tags, types};

/// As answers spell it.
pub(super) const KIND: &str = "Microsoft.Resources/resourceGroups";
const VERSIONS: &[&str] = &[
    "2019-10-01",
    "2020-06-01",
    "2021-04-01",
    "2022-09-01",
    "2024-03-01",
    "2024-11-01",
    "2025-04-01",
];

/// A group by its name.
pub(super) fn find<'a>(state: &'a State, name: &str) -> Option<&'a Resource> {
    state.get(&id(name).text)
}

fn id(name: &str) -> Id {
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let text = format!("{scope}/resourceGroups/{name}");
    Id { text, group: None, scope, kind: KIND, names: vec![name.to_owned()] }
}

/// A call whose path ends in or after `resourceGroups`; `rest` is what follows.
pub(super) fn serve(
    state: &mut State,
    request: &Request,
    rest: &[&str],
) -> Result<Response, Response> {
    checks::version(request, VERSIONS, "resourceGroups")?;
    let (name, more) = match rest {
        [] => return Ok(all(state, request)),
        [name, more @ ..] => (*name, more),
    };
    let id = find(state, name).map_or_else(|| id(name), |group| group.id.clone());
    let verb = checks_verb(&request.method);
    let action = format!("Microsoft.Resources/subscriptions/resourceGroups/{verb}");
    checks::permission(state, &action, &id.text)?;
    operations::pass_time_of(state, &id.text);
    match (request.method.as_str(), more) {
        ("GET", ["resources"]) => {
            look(state, &id)?;
            Ok(resources(state, request, Some(name)))
        }
        ("GET", []) => {
            let found = look(state, &id)?;
            Ok(Response::json(200, &shown(state, &found)))
        }
        ("HEAD", []) => Ok(Response::empty(if look(state, &id).is_ok() { 204 } else { 404 })),
        ("PUT", []) => put(state, request, &id),
        ("PATCH", []) => patch(state, request, &id),
        ("DELETE", []) => delete(state, &id),
        _ => Err(error(405, "MethodNotAllowed", "The method is not allowed for resource groups.")),
    }
}

fn checks_verb(method: &str) -> &'static str {
    match method {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        _ => "write",
    }
}

fn look(state: &mut State, id: &Id) -> Result<Resource, Response> {
    let Some(group) = state.get_mut(&id.text) else { return Err(group_not_found(id.name())) };
    if group.unseen > 0 {
        group.unseen -= 1;
        return Err(group_not_found(id.name()));
    }
    Ok(group.clone())
}

fn put(state: &mut State, request: &Request, id: &Id) -> Result<Response, Response> {
    let sent = request.json();
    let Some(location) = sent["location"].as_str() else {
        let message = "The location property is required for this definition.";
        return Err(error(400, "LocationRequired", message));
    };
    let location = plain_location(location);
    if !super::arm::LOCATIONS.iter().any(|(name, _)| *name == location) {
        let message = format!(
            "The provided location '{location}' is not available for resource group. List of \
             available regions is 'westeurope,northeurope,eastus,swedencentral,westus'."
        );
        return Err(error(400, "LocationNotAvailableForResourceGroup", &message));
    }
    tags::check(&sent["tags"])?;
    let before = state.get(&id.text).cloned();
    if let Some(before) = &before {
        if before.operation.is_some() {
            return Err(being_deleted(id));
        }
        if before.location() != location {
            let message = format!(
                "Invalid resource group location '{location}'. The Resource group already exists \
                 in location '{}'.",
                before.location()
            );
            return Err(error(409, "InvalidResourceGroupLocation", &message));
        }
    }
    let mut body = json!({"location": location});
    for name in ["tags", "managedBy"] {
        if !sent[name].is_null() {
            body[name] = sent[name].clone();
        }
    }
    body["properties"] = json!({"provisioningState": "Succeeded"});
    let mut group = Resource::new(id.clone(), body);
    if before.is_none() {
        (group.unseen, group.unlisted) = (state.tape.script.lag, state.tape.script.lag);
    }
    let status = if before.is_none() { 201 } else { 200 };
    let answer = Response::json(status, &shown(state, &group));
    state.resources.insert(id.key(), group);
    Ok(answer)
}

fn patch(state: &mut State, request: &Request, id: &Id) -> Result<Response, Response> {
    look(state, id)?;
    let sent = request.json();
    tags::check(&sent["tags"])?;
    let Some(group) = state.get_mut(&id.text) else { return Err(group_not_found(id.name())) };
    if !sent["tags"].is_null() {
        group.body["tags"] = Value::Null;
        merge(&mut group.body["tags"], &sent["tags"]);
    }
    let group = group.clone();
    Ok(Response::json(200, &shown(state, &group)))
}

fn being_deleted(id: &Id) -> Response {
    let message = format!(
        "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
        id.name()
    );
    error(409, "ResourceGroupBeingDeleted", &message)
}

/// What is in the group goes with it, when the operation is over.
fn delete(state: &mut State, id: &Id) -> Result<Response, Response> {
    let group = state.get(&id.text).cloned().ok_or_else(|| group_not_found(id.name()))?;
    if group.operation.is_some() {
        return Ok(Response::empty(202));
    }
    let within = format!("{}/", id.key());
    let held: Vec<&Resource> = state
        .resources
        .iter()
        .filter(|(key, _)| key.starts_with(&within))
        .map(|(_, resource)| resource)
        .collect();
    if let Some(held) = held.iter().find(|resource| resource.operation.is_some()) {
        return Err(busy(&held.id));
    }
    let gone = within.clone();
    let course = Course::Running {
        made: 202,
        changed: 202,
        follow: Follow::Location,
        state: "Deleting",
        then: Some(Arc::new(move |state: &mut State| {
            remove_below(state, &gone);
        })),
    };
    Ok(begin(state, id, Work::Remove, course, false, &Value::Null))
}

/// Each type hears of its resources' end, as when they go one by one.
fn remove_below(state: &mut State, start: &str) {
    let held = state.resources.iter().filter(|(key, _)| key.starts_with(start));
    let held: Vec<Resource> = held.map(|(_, resource)| resource.clone()).collect();
    for resource in held {
        if let Some(kind) = types::find(resource.id.kind) {
            // What would keep it is not asked: the group goes whole.
            kind.delete(state, &resource).ok();
        }
        state.remove(&resource.id.text);
    }
}

fn all(state: &mut State, request: &Request) -> Response {
    let keys: Vec<String> = state.of_kind(KIND).map(|group| group.id.key()).collect();
    let keep = Filter::of(request);
    let groups = keys.iter().filter_map(|key| listed(state, key));
    let value: Vec<Value> = groups.filter(|group| keep.keeps(group)).collect();
    Response::json(200, &json!({"value": value}))
}

/// The resources of a group or of the whole subscription: those that are no part of another.
pub(super) fn resources(state: &mut State, request: &Request, group: Option<&str>) -> Response {
    let keep = Filter::of(request);
    let keys: Vec<String> = state
        .resources
        .values()
        .filter(|resource| resource.id.kind != KIND && resource.id.kind.matches('/').count() < 3)
        .filter(|resource| !resource.id.kind.starts_with("Microsoft.Authorization/"))
        .filter(|resource| group.is_none() || same(&resource.id, group))
        .map(|resource| resource.id.key())
        .collect();
    let mut value = Vec::new();
    for key in keys {
        let Some(all) = listed(state, &key) else { continue };
        let mut short = json!({"id": all["id"]});
        short["name"] = json!(state.resources[&key].id.full_name());
        for name in ["type", "kind", "location", "sku", "tags", "identity", "managedBy"] {
            if !all[name].is_null() {
                short[name] = all[name].clone();
            }
        }
        if keep.keeps(&short) {
            value.push(short);
        }
    }
    Response::json(200, &json!({"value": value}))
}

fn same(id: &Id, group: Option<&str>) -> bool {
    matches!((&id.group, group), (Some(is), Some(wanted)) if is.eq_ignore_ascii_case(wanted))
}

/// As much of `$filter` as callers use: one tag, or one type.
struct Filter(Vec<(String, String)>);

impl Filter {
    fn of(request: &Request) -> Self {
        let text = request.query("$filter").unwrap_or_default();
        let one = |part: &str| {
            let (name, value) = part.split_once(" eq ")?;
            Some((name.trim().to_lowercase(), value.trim().trim_matches('\'').to_owned()))
        };
        Self(text.split(" and ").filter_map(one).collect())
    }

    fn keeps(&self, shown: &Value) -> bool {
        let tag = self.0.iter().find(|(name, _)| name == "tagname").map(|(_, value)| value);
        self.0.iter().all(|(name, value)| match name.as_str() {
            "resourcetype" => {
                shown["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(value))
            }
            "tagname" => shown["tags"].get(value).is_some(),
            "tagvalue" => tag.is_some_and(|tag| shown["tags"][tag] == json!(value)),
            _ => true,
        })
    }
}

/// Makes or replaces a group without a check.
pub(super) fn plant(state: &mut State, name: &str, mut body: Value) {
    body["properties"] = json!({"provisioningState": "Succeeded"});
    let id = id(name);
    state.resources.insert(id.key(), Resource::new(id, body));
}
