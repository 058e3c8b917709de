//! Answers in the forms that OpenWhisk takes: always an object, which every version of it takes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::host::routes::Reply;
use crate::problem::Problem;

/// The answer of a plain action: an object is the answer itself, anything else stands in one.
pub(super) fn plain(answer: Vec<u8>) -> Vec<u8> {
    match answer.first() {
        Some(b'{') => answer,
        _ => [br#"{"predictions":"#, &answer[..], b"}"].concat(),
    }
}

/// A refusal, which the platform shows as an error of the application.
pub(super) fn error(problem: &Problem) -> Vec<u8> {
    json!({ "error": problem }).to_string().into_bytes()
}

/// The answer of a web action: JSON in its place, text as text, anything else as base64
/// (<https://github.com/apache/openwhisk/blob/master/docs/webactions.md>).
pub(super) fn web(reply: &Reply) -> Vec<u8> {
    let headers = reply.headers().map(|(name, value)| (name.to_owned(), json!(value)));
    let headers = Value::Object(headers.collect::<Map<_, _>>());
    let head = format!(r#"{{"statusCode":{},"headers":{headers},"body":"#, reply.status);
    let kind = reply.media_type.split(';').next().unwrap_or_default();
    let text = std::str::from_utf8(&reply.body).ok();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    let body = match text {
        Some(text) if is_json && serde_json::from_slice::<&RawValue>(text.as_bytes()).is_ok() => {
            text.to_owned()
        }
        Some(text) if kind.starts_with("text/") => json!(text).to_string(),
        _ => json!(STANDARD.encode(&reply.body)).to_string(),
    };
    [head.as_bytes(), body.as_bytes(), b"}"].concat()
}
