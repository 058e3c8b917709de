//! `Microsoft.ContainerInstance/containerGroups`: containers that simply run, with an address.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::super::arm::plain_location;
use super::super::error::error;
use super::super::http::{Request, Response};
use super::super::operations::begin_action;
use super::super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, merge};
use super::super::server::Shared;
use super::super::state::{Resource, State};
use super::super::tags;
use super::{call, identities, locations, logs, pull, revisions, wanted};

/// The type.
pub(in super::super) struct Groups;

pub(super) const KIND: &str = "Microsoft.ContainerInstance/containerGroups";

/// The port that the runtime in an image listens on.
const PORT: u16 = 8080;

/// Where a group keeps what its container runs with.
const ENVIRONMENT: &str = "environment";

/// Where it keeps whether it runs, and since when.
const STATE: &str = "state";
const SINCE: &str = "since";

/// Where it keeps what was sent, secrets and all.
const SENT: &str = "sent";

/// The name of the image among a group's files.
const IMAGE: &str = "image";

impl ResourceType for Groups {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        &["2023-05-01", "2024-05-01-preview", "2025-09-01"]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        if let Some(before) = put.before.filter(|before| nothing_restarts(before, put)) {
            let mut body = before.body.clone();
            body["tags"] = put.body["tags"].clone();
            return Ok(Made::at_once(body));
        }
        let location = put.text("/location").unwrap_or_default();
        tags::check(&put.body["tags"])?;
        wanted::check(put)?;
        if put.before.is_none() {
            locations::check(state, location, put.body)?;
        }
        let identity = identities::attached(state, &put.id.text, &put.body["identity"])?;
        let fqdn = fqdn(state, put, location)?;
        let image = image(state, put, &identity)?;
        let mut body = Value::Object(put.members(&["location", "tags", "zones"]));
        body["properties"] = put.body["properties"].clone();
        if identity["type"] != "None" {
            body["identity"] = identity;
        }
        settle(&mut body, fqdn.as_deref());
        let environment = wanted::environment(&put.body["properties"]["containers"][0]);
        let (key, since) = (put.id.key(), revisions::moment(state.next()));
        let then = move |state: &mut State| {
            if let Some(group) = state.get_mut(&key) {
                group.files.insert(IMAGE.to_owned(), Arc::clone(&image));
                group.hidden.insert(ENVIRONMENT.to_owned(), json!(environment));
                run(group, &since);
            }
        };
        let course = Course::Running {
            made: 201,
            changed: 200,
            follow: Follow::AsyncOperation,
            state: "Creating",
            then: Some(Arc::new(then)),
        };
        let sent = put.body["properties"].clone();
        Ok(Made::at_once(body).hiding(STATE, json!("Pending")).hiding(SENT, sent).course(course))
    }

    /// A PATCH of a group changes its tags, all at once, and nothing else.
    fn patched(&self, put: &Put<'_>) -> Result<Value, Response> {
        let before = put.before.map(|before| (before.body.clone(), before.hidden.get(SENT)));
        let (mut body, sent) = before.unwrap_or_default();
        body["properties"] = sent.cloned().unwrap_or_default();
        if let Some(tags) = put.body.get("tags") {
            body["tags"] = tags.clone();
        }
        Ok(body)
    }

    fn shown(&self, _: &State, group: &Resource) -> Value {
        let mut body = group.body.clone();
        let state = group.hidden.get(STATE).cloned().unwrap_or_else(|| json!("Pending"));
        let containers = body["properties"]["containers"].as_array_mut();
        for container in containers.into_iter().flatten() {
            container["properties"]["instanceView"] = instance(group, &state);
        }
        body["properties"]["instanceView"] = json!({"events": [], "state": state});
        body
    }

    fn delete(&self, _: &mut State, _: &Resource) -> Result<Course, Response> {
        Ok(Course::running((202, 202), Follow::Location, "Deleting"))
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let words = act.lower();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match (act.request.method.as_str(), words.as_slice()) {
            ("GET", ["containers", name, "logs"]) => Some(written(state, act, name)),
            ("POST", ["stop"]) => {
                let group = state.get_mut(&act.id.text)?;
                group.hidden.insert(STATE.to_owned(), json!("Stopped"));
                Some(Response::empty(204))
            }
            ("POST", ["restart"]) => {
                let since = revisions::moment(state.next());
                run(state.get_mut(&act.id.text)?, &since);
                Some(Response::empty(204))
            }
            ("POST", ["start"]) => {
                let since = revisions::moment(state.next());
                let key = act.id.key();
                let then = move |state: &mut State| {
                    if let Some(group) = state.get_mut(&key) {
                        run(group, &since);
                    }
                };
                Some(begin_action(state, act.id, Arc::new(then)))
            }
            _ => None,
        }
    }

    fn provider_call(&self, state: &mut State, _: &Request, words: &[&str]) -> Option<Response> {
        match words {
            ["locations", location, "capabilities"] => {
                Some(Response::json(200, &locations::capabilities(location)))
            }
            ["locations", location, "usages"] => {
                Some(Response::json(200, &locations::usages(state, location)))
            }
            _ => None,
        }
    }

    fn no_quota(&self, location: &str) -> Response {
        locations::quota(location, 0.0, 0.0, 1.0)
    }
}

fn run(group: &mut Resource, since: &str) {
    group.hidden.insert(STATE.to_owned(), json!("Running"));
    group.hidden.insert(SINCE.to_owned(), json!(since));
}

/// Whether a group stays as it runs: only its tags change, if anything.
fn nothing_restarts(before: &Resource, put: &Put<'_>) -> bool {
    let named = |identity: &Value| -> Vec<String> {
        let named = identity["userAssignedIdentities"].as_object();
        named.into_iter().flatten().map(|(id, _)| id.to_lowercase()).collect()
    };
    before.hidden.get(SENT) == Some(&put.body["properties"])
        && named(&before.body["identity"]) == named(&put.body["identity"])
        && before.text("/properties/provisioningState") == "Succeeded"
}

/// The name that a group is reached by, when it asks for one.
fn fqdn(state: &State, put: &Put<'_>, location: &str) -> Result<Option<String>, Response> {
    let Some(label) = put.text("/properties/ipAddress/dnsNameLabel") else { return Ok(None) };
    let own = put.id.name();
    if !wanted::is_label(label) {
        let message = format!(
            "The DNS name label '{label}' in container group '{own}' is invalid. It can contain \
             only lowercase letters, numbers and hyphens. The first character must be a letter. \
             The last character must be a letter or number. The value must be between 5 and 63 \
             characters long."
        );
        return Err(error(400, "InvalidDnsNameLabel", &message));
    }
    let host = format!("{label}.{}.azurecontainer.localhost", plain_location(location));
    let has_it = |group: &Resource| {
        group.id.key() != put.id.key() && host_of(group).is_some_and(|other| other == host)
    };
    let before = put.before.and_then(host_of).is_some_and(|own| own == host);
    if !before && (state.taken.contains(label) || state.of_kind(KIND).any(has_it)) {
        let message = format!(
            "The DNS name label '{label}' in container group '{own}' not available. Try using a \
             different label."
        );
        return Err(error(400, "DnsNameLabelNotAvailable", &message));
    }
    Ok(Some(state.host(&host)))
}

/// The host of a group, without the port.
fn host_of(group: &Resource) -> Option<&str> {
    let fqdn = group.text("/properties/ipAddress/fqdn");
    (!fqdn.is_empty()).then(|| fqdn.split(':').next().unwrap_or_default())
}

/// The image of the first container; the others must be had too.
fn image(state: &mut State, put: &Put<'_>, identity: &Value) -> Result<Arc<Vec<u8>>, Response> {
    let properties = &put.body["properties"];
    let logins = properties["imageRegistryCredentials"].as_array();
    let mut first = None;
    for container in properties["containers"].as_array().into_iter().flatten() {
        let reference = container["properties"]["image"].as_str().unwrap_or_default();
        let server = pull::server(reference);
        let login = logins.into_iter().flatten().find(|login| login["server"] == server);
        let with = login.and_then(|login| login["identity"].as_str());
        let image = pull::pulled(state, reference, identity, with).map_err(|_| {
            let message = format!(
                "The image '{reference}' in container group '{}' is not accessible. Please check \
                 the image and registry credential.",
                put.id.name()
            );
            error(400, "InaccessibleImage", &message)
        })?;
        first.get_or_insert(image);
    }
    Ok(first.unwrap_or_default())
}

/// What Azure adds to what was sent, and what it does not show.
fn settle(body: &mut Value, fqdn: Option<&str>) {
    let properties = &mut body["properties"];
    let plain = json!({"sku": "Standard", "restartPolicy": "Always"});
    let mut all = plain;
    merge(&mut all, properties);
    *properties = all;
    for container in properties["containers"].as_array_mut().into_iter().flatten() {
        let variables = container["properties"]["environmentVariables"].as_array_mut();
        for variable in variables.into_iter().flatten() {
            variable.as_object_mut().map(|members| members.remove("secureValue"));
        }
    }
    for login in properties["imageRegistryCredentials"].as_array_mut().into_iter().flatten() {
        login.as_object_mut().map(|members| members.remove("password"));
    }
    if properties["ipAddress"].is_object() {
        properties["ipAddress"]["ip"] = json!("203.0.113.12");
        if let Some(fqdn) = fqdn {
            properties["ipAddress"]["fqdn"] = json!(fqdn);
        }
    }
}

fn instance(group: &Resource, state: &Value) -> Value {
    let since = group.hidden.get(SINCE).cloned().unwrap_or_default();
    let current = match state.as_str() {
        Some("Running") => json!({"state": "Running", "startTime": since, "detailStatus": ""}),
        Some("Stopped") => json!({"state": "Terminated", "exitCode": 0, "finishTime": since,
            "detailStatus": "Completed"}),
        _ => json!({"state": "Waiting", "detailStatus": ""}),
    };
    json!({"restartCount": 0, "currentState": current, "events": []})
}

fn written(state: &State, act: &Act<'_>, container: &str) -> Response {
    let containers =
        state.get(&act.id.text).map(|group| group.body["properties"]["containers"].clone());
    let containers = containers.unwrap_or_default();
    let mut names = containers.as_array().into_iter().flatten().map(|one| one["name"].clone());
    if !names.any(|name| name == container) {
        let message = format!(
            "The container '{container}' in container group '{}' was not found.",
            act.id.name()
        );
        return error(404, "ContainerNotFound", &message);
    }
    let tail = act.request.query("tail").and_then(|lines| lines.parse().ok());
    Response::json(200, &json!({"content": logs::text(state, act.id, tail)}))
}

/// Answers for the hosts of groups: for those that run, and let in calls on the port that the
/// runtime listens on.
pub(in super::super) fn group_hosts(shared: &Shared, request: &Request) -> Option<Response> {
    let host = request.host_name();
    if !host.ends_with(".azurecontainer.localhost") {
        return None;
    }
    let (image, environment) = {
        let state = shared.lock();
        let found = state.of_kind(KIND).find(|group| host_of(group) == Some(&host));
        let running = found.filter(|group| {
            let ports = group.body["properties"]["ipAddress"]["ports"].as_array();
            group.hidden.get(STATE) == Some(&json!("Running"))
                && ports.into_iter().flatten().any(|port| port["port"] == PORT)
        });
        let Some(group) = running else {
            return Some(Response::text(502, "nothing listens there"));
        };
        let environment: BTreeMap<String, String> = group
            .hidden
            .get(ENVIRONMENT)
            .and_then(|kept| serde_json::from_value(kept.clone()).ok())
            .unwrap_or_default();
        (group.files.get(IMAGE).cloned().unwrap_or_default(), environment)
    };
    Some(call::answered(shared, request, &image, &environment))
}
