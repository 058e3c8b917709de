//! `Microsoft.App/managedEnvironments`: where container apps live.

use serde_json::{Value, json};

use super::super::SUBSCRIPTION;
use super::super::arm::plain_location;
use super::super::error::error;
use super::super::http::{Request, Response};
use super::super::id::Id;
use super::super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, merge};
use super::super::state::{Resource, State};
use super::super::tags;
use super::identities::uuid_of;
use super::{apps, profiles};

/// The type.
pub(in super::super) struct Environments;

pub(super) const KIND: &str = "Microsoft.App/managedEnvironments";

/// The api-versions of `Microsoft.App`.
pub(super) const VERSIONS: &[&str] = &["2026-07-01", "2026-01-01", "2025-07-01", "2025-01-01"];

/// Says in a body that it came by PATCH, which is answered in another way.
pub(super) const PATCHED: &str = "$patched";

impl ResourceType for Environments {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let location = put.text("/location").unwrap_or_default();
        if location.is_empty() {
            let message = "The location property is required for this definition.";
            return Err(error(400, "LocationRequired", message));
        }
        tags::check(&put.body["tags"])?;
        profiles::check(&put.body["properties"]["workloadProfiles"], location)?;
        let logs = &put.body["properties"]["appLogsConfiguration"];
        if logs["destination"] == "log-analytics"
            && !logs["logAnalyticsConfiguration"]["customerId"].is_string()
        {
            let message = "AppLogsConfiguration.LogAnalyticsConfiguration is invalid. CustomerId \
                           and SharedKey must both be specified.";
            return Err(error(400, "InvalidRequestParameterWithDetails", message));
        }
        let mut body = Value::Object(put.members(&["location", "tags", "identity", "kind"]));
        body["properties"] = put.body["properties"].clone();
        if let Some(workspace) =
            body.pointer_mut("/properties/appLogsConfiguration/logAnalyticsConfiguration")
            && let Some(members) = workspace.as_object_mut()
        {
            members.remove("sharedKey");
        }
        let own = json!({
            "defaultDomain": state.host(&domain(put.id, location)),
            "staticIp": "203.0.113.10",
            "eventStreamEndpoint": format!("http://{}", state.host(&format!(
                "{}.azurecontainerapps.localhost/eventstream", plain_location(location)))),
        });
        merge(&mut body["properties"], &own);
        Ok(Made::at_once(body).course(course(put, "Waiting")))
    }

    fn patched(&self, put: &Put<'_>) -> Result<Value, Response> {
        Ok(patched(put))
    }

    fn delete(&self, state: &mut State, resource: &Resource) -> Result<Course, Response> {
        let id = &resource.id.text;
        if state.of_kind(apps::KIND).any(|app| apps::environment_id(app).eq_ignore_ascii_case(id)) {
            let message = format!(
                "The managed environment '{}' cannot be deleted as it still contains container \
                 apps.",
                resource.id.name()
            );
            return Err(error(409, "ManagedEnvironmentNotEmpty", &message));
        }
        Ok(Course::running((202, 202), Follow::Location, "ScheduledForDelete"))
    }

    fn no_quota(&self, location: &str) -> Response {
        let message = format!(
            "The subscription '{SUBSCRIPTION}' cannot have more than 0 Container App Environments \
             in {location}."
        );
        error(400, "MaxNumberOfRegionalEnvironmentsInSubExceeded", &message)
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        match act.lower().iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["getauthtoken"] => Some(token(act.id)),
            ["workloadprofilestates"] => {
                let found = state.get(&act.id.text)?;
                let all = found.body["properties"]["workloadProfiles"].as_array().cloned();
                let all: Vec<Value> = all.unwrap_or_default().iter().map(profile_state).collect();
                Some(Response::json(200, &json!({"value": all})))
            }
            _ => None,
        }
    }

    fn provider_call(&self, _: &mut State, _: &Request, words: &[&str]) -> Option<Response> {
        match words {
            [_, location, last]
                if last
                    .eq_ignore_ascii_case("availableManagedEnvironmentsWorkloadProfileTypes") =>
            {
                Some(Response::json(200, &profiles::listed(location)))
            }
            _ => None,
        }
    }
}

fn profile_state(profile: &Value) -> Value {
    json!({"name": profile["name"], "properties": {"currentCount": 0}})
}

/// What changes of `Microsoft.App` are answered with: a PUT by the resource and an operation's
/// address, a PATCH by an address alone.
pub(super) fn course(put: &Put<'_>, state: &'static str) -> Course {
    match put.body.get(PATCHED) {
        Some(_) => Course::running((202, 202), Follow::Location, state),
        None => Course::running((201, 200), Follow::AsyncOperation, state),
    }
}

/// A PATCH merged into what is there, and marked.
pub(super) fn patched(put: &Put<'_>) -> Value {
    let mut body = put.before.map_or(Value::Null, |before| before.body.clone());
    merge(&mut body, put.body);
    body[PATCHED] = json!(true);
    body
}

/// A token to read a log stream with.
pub(super) fn token(id: &Id) -> Response {
    let body = json!({"location": "westeurope", "properties": {
        "token": stream_token(&id.text), "expires": "2036-01-01T00:00:00Z"}});
    Response::json(200, &body)
}

/// The token of a resource's log stream.
pub(super) fn stream_token(id: &str) -> String {
    uuid_of("log stream", &id.to_lowercase())
}

fn domain(id: &Id, location: &str) -> String {
    let unique = uuid_of("domain", &id.key());
    format!("calmsky-{}.{}.azurecontainerapps.localhost", &unique[..8], plain_location(location))
}

/// The kind of a profile of an environment by its name; `Consumption` is always there.
pub(super) fn profile_kind(environment: &Resource, name: &str) -> Option<String> {
    let profiles = environment.body["properties"]["workloadProfiles"].as_array();
    let mut named = profiles.into_iter().flatten().filter(|profile| profile["name"] == name);
    match named.next() {
        Some(profile) => profile["workloadProfileType"].as_str().map(str::to_owned),
        None => (name == "Consumption").then(|| "Consumption".to_owned()),
    }
}
