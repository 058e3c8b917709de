//! Repositories.

use serde_json::{Value, json};

use super::{TYPES, begin, empty};
use crate::cloud::time;
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::Response;
use crate::gcp::operations;
use crate::gcp::state::State;

pub(super) fn answer(
    state: &mut State,
    ask: &Ask<'_>,
    method: &str,
) -> Option<Result<Response, Refusal>> {
    Some(match method {
        "get" => get(state, ask),
        "list" => list(state, ask),
        "create" => create(state, ask),
        "patch" => patch(state, ask),
        "delete" => delete(state, ask),
        _ => return None,
    })
}

fn missing(name: &str) -> Refusal {
    Refusal::not_found(format!("Requested entity was not found: {name}"))
}

pub(super) fn found<'s>(state: &'s State, name: &str) -> Result<&'s Value, Refusal> {
    state.repositories.get(name).ok_or_else(|| missing(name))
}

fn get(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.path("name");
    operations::pass_time_of(state, name);
    found(state, name).map(|body| Response::json(200, body))
}

fn list(state: &State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let within = format!("{}/repositories/", ask.path("parent"));
    let all = state.repositories.iter().filter(|(name, _)| name.starts_with(&within));
    let all: Vec<&Value> = all.map(|(_, body)| body).collect();
    Ok(Response::json(200, &json!({"repositories": all})))
}

fn create(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let id = ask.query("repositoryId").unwrap_or_default();
    let name = format!("{}/repositories/{id}", ask.path("parent"));
    if !is_id(id) {
        return Err(Refusal::invalid(format!("Invalid repository id: \"{id}\"")));
    }
    if ask.body["format"] != "DOCKER" {
        return Err(Refusal::invalid("The stand-in has repositories of format DOCKER alone."));
    }
    if state.repositories.contains_key(&name) || operations::at_work(state, &name) {
        return Err(Refusal::exists("the repository already exists"));
    }
    let body = ask.body.clone();
    let target = name.clone();
    let effect = move |state: &mut State| {
        make(state, &target, body);
        let mut made = found(state, &target)?.clone();
        made["@type"] = json!(format!("{TYPES}.Repository"));
        Ok(made)
    };
    begin(state, &name, Box::new(effect))
}

fn is_id(id: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&id.len())
        && id.chars().all(known)
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && !id.ends_with('-')
}

/// Makes one as it is asked for.
pub(super) fn make(state: &mut State, name: &str, asked: Value) {
    let words: Vec<&str> = name.split('/').collect();
    let [_, project, _, location, _, id] = words[..] else { return };
    let time = time::moment(time::now());
    let host = state.host(&super::gate::host_of(location));
    let mut body = json!({"format": "DOCKER", "mode": "STANDARD_REPOSITORY"});
    for (member, value) in asked.as_object().into_iter().flatten() {
        body[member] = value.clone();
    }
    body["name"] = json!(name);
    body["createTime"] = json!(time);
    body["updateTime"] = json!(time);
    body["sizeBytes"] = json!("0");
    body["registryUri"] = json!(format!("{host}/{project}/{id}"));
    state.repositories.insert(name.to_owned(), body);
    let made = state.uuid();
    state.made.insert(name.to_owned(), made);
}

fn patch(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.path("name");
    let body = state.repositories.get_mut(name).ok_or_else(|| missing(name))?;
    let mask = ask.query("updateMask").unwrap_or("labels,description");
    for member in mask.split(',').filter(|member| !["name", "format"].contains(member)) {
        body[member] = ask.body[member].clone();
    }
    Ok(Response::json(200, body))
}

fn delete(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.path("name").to_owned();
    found(state, &name)?;
    let target = name.clone();
    let effect = move |state: &mut State| {
        state.repositories.remove(&target);
        state.made.remove(&target);
        Ok(empty())
    };
    begin(state, &name, Box::new(effect))
}
