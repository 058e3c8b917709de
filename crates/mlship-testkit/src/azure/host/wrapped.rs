//! The invocation format that handlers speak when calls are not handed on as they came:
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#request-payload>.

use serde_json::{Map, Value, json};

use crate::azure::cloud::Served;
use crate::azure::http::{Arrived, Request, Response};

/// A call as the host puts it; `input` is the name of the trigger's binding.
pub(super) fn request(function: &str, input: &str, served: &Served<'_>, body: &[u8]) -> Request {
    let (path, query) = served.path.split_once('?').unwrap_or((served.path, ""));
    let pairs = form_urlencoded::parse(query.as_bytes());
    let query: Map<String, Value> =
        pairs.map(|(name, value)| (name.into_owned(), json!(value))).collect();
    let headers: Map<String, Value> =
        served.headers.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    let host = served.headers.get("host").map_or("localhost", String::as_str);
    let sent = json!({
        "Data": {input: {
            "Url": format!("http://{host}{}", served.path), "Method": served.method,
            "Query": query, "Headers": headers, "Params": {"path": path.trim_start_matches('/')},
            "Identities": [], "Body": String::from_utf8_lossy(body),
        }},
        "Metadata": {"sys": {"MethodName": function, "UtcNow": "2026-01-01T00:00:00Z",
            "RandGuid": "00000000-0000-4000-8000-000000000000"}},
    });
    let headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("x-azure-functions-invocationid", "0"),
        ("user-agent", "Azure-Functions-Host/4.0"),
    ];
    Request {
        method: "POST".into(),
        host: "127.0.0.1".into(),
        path: format!("/{function}"),
        query: String::new(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        body: sent.to_string().into_bytes(),
        arrived: Arrived::Whole,
    }
}

/// What the host makes of the handler's answer; `output` is the name of the binding for it.
pub(super) fn answer(answer: &Response, output: &str) -> Result<Response, String> {
    if answer.status != 200 {
        return Err(format!("500 the handler answered with {}", answer.status));
    }
    let value = answer.value();
    let res = &value["Outputs"][output];
    let (status, body) = match res {
        Value::Object(res) => {
            let status = res.get("statusCode").map(number).unwrap_or(Some(200));
            (status.ok_or("500 the status is no number")?, res.get("body"))
        }
        Value::Null => return Err(format!("500 the handler gave no output `{output}`")),
        other => (200, Some(other)),
    };
    let body = match body {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(other) => other.to_string().into_bytes(),
    };
    Ok(Response { status, headers: Vec::new(), body })
}

/// A status is written as a number or as a text.
fn number(value: &Value) -> Option<u16> {
    value
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .or_else(|| value.as_str()?.parse().ok())
}
