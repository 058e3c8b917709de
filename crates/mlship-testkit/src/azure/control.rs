//! The same controls over HTTP, for tests that are written in another language. These calls are
//! not recorded and never fail.

use serde_json::{Value, json};

use super::call::{Body, Call, Effect};
use super::cloud::{contents, plant, reset};
use super::faults::{Cut, Fault, Script};
use super::http::{Request, Response};
use super::server::Shared;
use super::state::State;

/// A call below `/mlship-testkit/`; `None` for any other.
pub(super) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let what = request.path.strip_prefix("/mlship-testkit/")?;
    let mut state = shared.lock();
    let answer = match (request.method.as_str(), what) {
        ("GET", "calls") => Some(json!(state.calls.iter().map(call).collect::<Vec<_>>())),
        ("GET", "contents") => Some(json!(contents(&mut state))),
        ("POST", what) => change(&mut state, what, &request.json()),
        _ => None,
    };
    Some(answer.map_or_else(|| Response::empty(404), |answer| Response::json(200, &answer)))
}

fn change(state: &mut State, what: &str, with: &Value) -> Option<Value> {
    let text = |name: &str| with[name].as_str().unwrap_or_default().to_owned();
    match what {
        "reset" => reset(state),
        "plant" if !plant(state, &text("id"), with["body"].clone()) => return None,
        "plant" => {}
        "take-name" => drop(state.taken.insert(text("name").to_lowercase())),
        "deny" => drop(state.denied.insert(text("action").to_lowercase())),
        "exhaust" => drop(state.exhausted.insert(text("type").to_lowercase())),
        "log" => {
            let at_ms = with["at_ms"].as_i64().unwrap_or_default();
            state.lines.push((text("resource").to_lowercase(), at_ms, text("text")));
        }
        "play" => (state.script, state.played) = (script(with), 0),
        _ => return None,
    }
    Some(json!({}))
}

/// `{"cut": {"before": 3}, "throttle": 2, "lag": 1, ...}`.
fn script(with: &Value) -> Script {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let small = |name: &str| number(&with[name]).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let faults = [
        ("throttle", Fault::Throttled),
        ("broken", Fault::Broken),
        ("busy", Fault::Busy),
        ("conflict", Fault::Conflict),
        ("drop-before", Fault::DroppedBefore),
        ("drop-after", Fault::DroppedAfter),
    ];
    let before = number(&with["cut"]["before"]).map(Cut::Before);
    Script {
        cut: before.or_else(|| number(&with["cut"]["after"]).map(Cut::After)),
        once: faults.into_iter().find_map(|(name, fault)| Some((number(&with[name])?, fault))),
        lag: small("lag"),
        slow: small("slow"),
        failing: with["failing"].as_str().map(str::to_owned),
        retry_after: small("retry_after"),
    }
}

fn call(call: &Call) -> Value {
    let body = match &call.body {
        Body::Empty => Value::Null,
        Body::Json(value) => value.clone(),
        Body::Bytes { length, media_type } => json!({"length": length, "media_type": media_type}),
    };
    let headers: serde_json::Map<String, Value> =
        call.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({"method": call.method, "host": call.host, "path": call.path, "query": call.query,
        "body": body, "headers": headers, "status": call.status,
        "writes": call.effect() == Effect::Write})
}
