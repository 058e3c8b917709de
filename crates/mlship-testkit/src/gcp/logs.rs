//! Cloud Logging: lines that services wrote, asked for with a filter. Of the filters' language
//! comparisons, `AND`, `OR`, `NOT` and brackets are known; anything else is refused rather than half
//! obeyed.

mod filter;

use serde_json::{Value, json};

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::state::State;
use super::{PROJECT, REGION};
use crate::cloud::time;
use filter::Filter;

/// What Logging makes of a call.
pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    (ask.id == "logging.entries.list").then(|| list(state, ask))
}

fn list(state: &State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let names = ask.body["resourceNames"].as_array();
    let project = json!(format!("projects/{PROJECT}"));
    if !names.is_some_and(|names| names.contains(&project)) {
        return Err(Refusal::invalid("At least one resource name of the project must be given."));
    }
    let text = |name: &str| ask.body[name].as_str().unwrap_or_default();
    let filter = Filter::parse(text("filter"))
        .map_err(|why| Refusal::invalid(format!("Unparseable filter: {why}")))?;
    let lines = state.lines.iter().enumerate();
    let mut found: Vec<Value> =
        lines.map(|(at, line)| entry(at, line)).filter(|entry| filter.holds(entry)).collect();
    found.sort_by_key(|entry| entry["timestamp"].as_str().unwrap_or_default().to_owned());
    match text("orderBy") {
        "" | "timestamp" | "timestamp asc" => {}
        "timestamp desc" => found.reverse(),
        other => return Err(Refusal::invalid(format!("Invalid order: {other}"))),
    }
    let from: usize = text("pageToken").parse().unwrap_or(0);
    let most = ask.body["pageSize"].as_u64().and_then(|it| usize::try_from(it).ok()).unwrap_or(50);
    let more = found.len() > from + most;
    let page: Vec<Value> = found.into_iter().skip(from).take(most).collect();
    let mut body = json!({"entries": page});
    if more {
        body["nextPageToken"] = json!((from + most).to_string());
    }
    Ok(Response::json(200, &body))
}

/// A line as an entry. `SERVICE/REVISION` is the line of a revision. One that is a JSON object is
/// structured, as Cloud Run has it.
fn entry(at: usize, (of, at_ms, text): &(String, i64, String)) -> Value {
    let (service, revision) = of.split_once('/').unwrap_or((of, of));
    let mut entry = json!({
        "logName": format!("projects/{PROJECT}/logs/run.googleapis.com%2Fstderr"),
        "resource": {"type": "cloud_run_revision", "labels": {
            "project_id": PROJECT, "location": REGION, "service_name": service,
            "revision_name": revision, "configuration_name": service,
        }},
        "insertId": format!("{at:016x}"), "timestamp": time::moment(*at_ms),
        "receiveTimestamp": time::moment(*at_ms), "severity": "DEFAULT",
    });
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(mut members)) => {
            if let Some(severity) = members.remove("severity") {
                entry["severity"] = severity;
            }
            entry["jsonPayload"] = Value::Object(members);
        }
        _ => entry["textPayload"] = json!(text),
    }
    entry
}
