//! `Microsoft.OperationalInsights/workspaces` and `Microsoft.Insights/components`: where lines are
//! kept and asked for. A query answers the lines of the resources that the workspace or component is
//! for; of the query language only `where`, `project`, `order by`, `top`, `take` and `union` are known,
//! and a query with anything else is refused rather than half obeyed.

mod expression;
mod query;
mod stages;

use serde_json::{Value, json};

use super::error::error;
use super::http::Response;
use super::resource_type::{Act, Course, Follow, Made, Put, ResourceType, overlay};
use super::state::{Resource, State};
use super::tags;
use crate::cloud::time;

const WORKSPACES: &str = "Microsoft.OperationalInsights/workspaces";
const COMPONENTS: &str = "Microsoft.Insights/components";

/// Log Analytics workspaces.
pub(super) struct Workspaces;

/// Application Insights components.
pub(super) struct Components;

impl ResourceType for Workspaces {
    fn name(&self) -> &'static str {
        WORKSPACES
    }

    fn api_versions(&self) -> &'static [&'static str] {
        // The first two are for queries.
        &[
            "2017-01-01-preview",
            "2017-10-01",
            "2020-08-01",
            "2022-10-01",
            "2023-09-01",
            "2025-02-01",
            "2025-07-01",
        ]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        tags::check(&put.body["tags"])?;
        let before = put.before.map(|before| before.body.clone()).unwrap_or_default();
        let customer = match before["properties"]["customerId"].as_str() {
            Some(kept) => kept.to_owned(),
            None => state.uuid(),
        };
        let mut properties = json!({
            "sku": {"name": "PerGB2018"}, "retentionInDays": 30, "features": {
                "enableLogAccessUsingOnlyResourcePermissions": true},
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
        });
        overlay(&mut properties, &put.body["properties"]);
        properties["customerId"] = json!(customer);
        properties["provisioningState"] = json!("Succeeded");
        let made = Made::at_once(tracked(put, properties)?);
        let course = Course::running((201, 200), Follow::Resource, "Creating");
        Ok(if put.before.is_none() { made.course(course) } else { made })
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let lower = act.lower();
        let words: Vec<&str> = lower.iter().map(String::as_str).collect();
        match (act.request.method.as_str(), words.as_slice()) {
            ("POST", ["sharedkeys"]) => {
                let [one, two] = [1, 2].map(|which| format!("{}-{which}", act.id.name()));
                let keys = json!({"primarySharedKey": one, "secondarySharedKey": two});
                Some(Response::json(200, &keys))
            }
            ("GET" | "POST", ["query"] | ["api", "query"]) => {
                let within = components_of(state, &act.id.text);
                Some(query::answer(state, act, &within))
            }
            _ => None,
        }
    }
}

impl ResourceType for Components {
    fn name(&self) -> &'static str {
        COMPONENTS
    }

    fn api_versions(&self) -> &'static [&'static str] {
        &["2014-12-01-preview", "2015-05-01", "2018-04-20", "2020-02-02"]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        tags::check(&put.body["tags"])?;
        if put.text("/kind").is_none() || put.text("/properties/Application_Type").is_none() {
            let message = "The properties 'kind' and 'Application_Type' are required.";
            return Err(error(400, "InvalidRequestContent", message));
        }
        let workspace = put.text("/properties/WorkspaceResourceId").unwrap_or_default();
        if state.get(workspace).is_none_or(|found| found.id.kind != WORKSPACES) {
            let message = format!("The workspace '{workspace}' was not found.");
            return Err(error(400, "WorkspaceNotFound", &message));
        }
        let before = put.before.map(|before| before.body.clone()).unwrap_or_default();
        let kept = before["properties"]["AppId"].as_str().map(str::to_owned);
        let app = kept.unwrap_or_else(|| state.uuid());
        let mut properties = json!({
            "ApplicationId": put.id.name(), "Flow_Type": "Bluefield", "Request_Source": "rest",
            "RetentionInDays": 90, "IngestionMode": "LogAnalytics", "Ver": "v2",
            "publicNetworkAccessForIngestion": "Enabled", "publicNetworkAccessForQuery": "Enabled",
            "CreationDate": "2026-01-01T00:00:00.0000000+00:00",
            "TenantId": super::SUBSCRIPTION, "SamplingPercentage": null,
        });
        overlay(&mut properties, &put.body["properties"]);
        properties["AppId"] = json!(app);
        properties["Name"] = json!(put.id.name());
        properties["InstrumentationKey"] = json!(app);
        properties["ConnectionString"] = json!(format!(
            "InstrumentationKey={app};IngestionEndpoint=http://127.0.0.1:{}/;ApplicationId={app}",
            state.port
        ));
        properties["provisioningState"] = json!("Succeeded");
        let mut body = tracked(put, properties)?;
        body["kind"] = put.body["kind"].clone();
        Ok(Made::at_once(body).course(Course::Done { made: 200, changed: 200 }))
    }

    fn act(&self, state: &mut State, act: &Act<'_>) -> Option<Response> {
        let lower = act.lower();
        let words: Vec<&str> = lower.iter().map(String::as_str).collect();
        match (act.request.method.as_str(), words.as_slice()) {
            ("GET" | "POST", ["query"] | ["api", "query"]) => {
                let component = state.get(&act.id.text)?.clone();
                Some(query::answer(state, act, &[component]))
            }
            _ => None,
        }
    }
}

fn components_of(state: &State, workspace: &str) -> Vec<Resource> {
    let of = |one: &&Resource| {
        one.text("/properties/WorkspaceResourceId").eq_ignore_ascii_case(workspace)
    };
    state.of_kind(COMPONENTS).filter(of).cloned().collect()
}

fn tracked(put: &Put<'_>, properties: Value) -> Result<Value, Response> {
    let Some(location) = put.text("/location") else {
        let message = "The location property is required for this definition.";
        return Err(error(400, "LocationRequired", message));
    };
    let tags = put.body["tags"].as_object().cloned().unwrap_or_default();
    Ok(json!({"location": location, "tags": tags, "properties": properties}))
}
