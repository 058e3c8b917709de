//! Scripts and recorded calls as JSON, for tests that are written in another language.

use serde_json::{Value, json};

use super::call::{Body, Call, Effect};
use super::faults::{Cut, Fault, Script};

/// `{"cut": {"before": 3}, "throttle": 2, "lag": 1, ...}`.
pub(crate) fn script(with: &Value) -> Script {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let small = |name: &str| number(&with[name]).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let faults = [
        ("throttle", Fault::Throttled),
        ("broken", Fault::Broken),
        ("busy", Fault::Busy),
        ("conflict", Fault::Conflict),
        ("drop-before", Fault::DroppedBefore),
        ("drop-after", Fault::DroppedAfter),
        ("drop-midway", Fault::DroppedMidway),
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

/// A call that was recorded.
pub(crate) fn call(call: &Call) -> Value {
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
