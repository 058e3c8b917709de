//! What a function gave back, as the HTTP response that a function URL makes of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use super::reply::{self, Body};

/// The response. JSON without a `statusCode` is itself the body.
///
/// # Errors
/// Says in words why a result is no response.
pub(super) fn response(result: &[u8]) -> Result<Response<Body>, String> {
    let value: Value = serde_json::from_slice(result).map_err(|_| "it is not JSON".to_owned())?;
    if value.get("statusCode").is_none() {
        return Ok(reply::json(StatusCode::OK, &value));
    }
    let mut response = Response::new(body(&value)?);
    *response.status_mut() = status(&value["statusCode"])?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in value["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name).map_err(|_| format!("`{name}` is no header"))?;
        // The server that carries it knows how long it is and how it is sent.
        if name != "content-length" && name != "transfer-encoding" && name != "connection" {
            headers.insert(name, header(value)?);
        }
    }
    for cookie in value["cookies"].as_array().into_iter().flatten() {
        headers.append(SET_COOKIE, header(cookie)?);
    }
    Ok(response)
}

fn status(written: &Value) -> Result<StatusCode, String> {
    let text = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
    let status = text.parse().ok().filter(|status| (200..600).contains(status));
    let status = status.and_then(|status: u16| StatusCode::from_u16(status).ok());
    status.ok_or_else(|| format!("`statusCode` cannot be {written}"))
}

fn header(value: &Value) -> Result<HeaderValue, String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    HeaderValue::try_from(text).map_err(|_| "a header has a line break in it".to_owned())
}

fn body(value: &Value) -> Result<Body, String> {
    let bytes = match &value["body"] {
        Value::Null => Bytes::new(),
        Value::String(text) if value["isBase64Encoded"] == json!(true) => {
            let bytes = STANDARD.decode(text);
            bytes.map_err(|_| "its body is said to be base64 and is not".to_owned())?.into()
        }
        Value::String(text) => Bytes::from(text.clone()),
        other => Bytes::from(other.to_string()),
    };
    Ok(Full::new(bytes))
}
