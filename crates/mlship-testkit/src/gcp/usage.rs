//! Service Usage: which APIs are on.

use serde_json::{Value, json};

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::operations::{self, Begin};
use super::state::State;
use super::{NUMBER, PROJECT};

pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    Some(match ask.id.strip_prefix("serviceusage.services.")? {
        "get" => {
            let service = ask.path("name").rsplit('/').next().unwrap_or_default();
            Ok(Response::json(200, &shown(state, service)))
        }
        "batchGet" => batch_get(state, ask),
        "enable" => {
            let service = ask.path("name").rsplit('/').next().unwrap_or_default().to_owned();
            Ok(enable(state, vec![service], "EnableServiceResponse"))
        }
        "batchEnable" => batch_enable(state, ask),
        _ => return None,
    })
}

fn batch_get(state: &State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let names = ask.query_all("names");
    if names.is_empty() || names.len() > 30 {
        return Err(Refusal::invalid("The number of names must be between 1 and 30."));
    }
    let parent = ask.path("parent");
    let mut services = Vec::new();
    for name in &names {
        let service = name.strip_prefix(&format!("{parent}/services/"));
        let Some(service) = service else {
            let message = format!("Name {name} does not match the parent {parent}.");
            return Err(Refusal::invalid(message));
        };
        services.push(shown(state, service));
    }
    Ok(Response::json(200, &json!({"services": services})))
}

fn batch_enable(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let ids = ask.body["serviceIds"].as_array().cloned().unwrap_or_default();
    let ids: Vec<String> = ids.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if ids.is_empty() || ids.len() > 20 {
        return Err(Refusal::invalid("The number of service ids must be between 1 and 20."));
    }
    Ok(enable(state, ids, "BatchEnableServicesResponse"))
}

fn enable(state: &mut State, ids: Vec<String>, response: &'static str) -> Response {
    let begin = Begin {
        parent: String::new(),
        target: format!("projects/{NUMBER}/services/{}", ids.join(",")),
        metadata: json!({
            "@type": "type.googleapis.com/google.api.serviceusage.v1.OperationMetadata",
            "resourceNames": ids.iter().map(|id| named(id)).collect::<Vec<_>>(),
        }),
    };
    let effect = move |state: &mut State| {
        for id in ids.iter().filter(|id| state.disabled.remove(*id)) {
            state.waking.insert(id.clone(), state.wakes_late);
        }
        let services: Vec<Value> = ids.iter().map(|id| shown(state, id)).collect();
        let kind = format!("type.googleapis.com/google.api.serviceusage.v1.{response}");
        Ok(match response {
            "EnableServiceResponse" => json!({"@type": kind, "service": services[0]}),
            _ => json!({"@type": kind, "services": services}),
        })
    };
    Response::json(200, &operations::begin(state, begin, Box::new(effect)))
}

fn named(service: &str) -> String {
    format!("projects/{NUMBER}/services/{service}")
}

fn shown(state: &State, service: &str) -> Value {
    let on = !state.disabled.contains(service);
    json!({"name": named(service), "parent": format!("projects/{NUMBER}"),
        "config": {"name": service, "title": service, "documentation": {"summary": PROJECT}},
        "state": if on { "ENABLED" } else { "DISABLED" }})
}
