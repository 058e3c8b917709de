//! The same controls over HTTP, for tests that are written in another language. These calls are
//! not recorded and never fail.

use serde_json::{Value, json};

use super::cloud::{contents, reset};
use super::http::{Request, Response};
use super::server::Shared;
use super::state::{Billing, State};
use crate::cloud::script::{call, script};

/// A call below `/mlship-testkit/`; `None` for any other.
pub(super) fn serve(shared: &Shared, request: &Request) -> Option<Response> {
    let what = request.path.strip_prefix("/mlship-testkit/")?;
    let mut state = shared.lock();
    let answer = match (request.method.as_str(), what) {
        ("GET", "calls") => Some(json!(state.tape.calls.iter().map(call).collect::<Vec<_>>())),
        ("GET", "contents") => Some(json!(contents(&mut state))),
        ("GET", "complaints") => Some(json!(state.complaints)),
        ("GET", "remarks") => Some(json!(state.remarks)),
        ("POST", what) => change(&mut state, what, &request.json()),
        _ => None,
    };
    Some(answer.map_or_else(|| Response::empty(404), |answer| Response::json(200, &answer)))
}

fn change(state: &mut State, what: &str, with: &Value) -> Option<Value> {
    let text = |name: &str| with[name].as_str().unwrap_or_default().to_owned();
    match what {
        "reset" => reset(state),
        "take-name" => drop(state.taken.insert(text("name"))),
        "deny" => drop(state.denied.insert(text("permission"))),
        "exhaust" => drop(state.exhausted.insert(text("quota"))),
        "disable" => drop(state.disabled.insert(text("api"))),
        "wake-late" => state.wakes_late = u32::try_from(with["calls"].as_u64()?).ok()?,
        "forbid" => drop(state.forbidden.insert(text("policy"))),
        "no-gpu" => drop(state.without_gpu.insert(text("region"))),
        "billing-off" => state.billing = Billing::Off,
        "log" => {
            let at_ms = with["at_ms"].as_i64().unwrap_or_default();
            state.lines.push((text("service"), at_ms, text("text")));
        }
        "play" => state.tape.play(script(with)),
        _ => return None,
    }
    Some(json!({}))
}
