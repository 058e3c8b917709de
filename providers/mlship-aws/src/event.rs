//! The event that a function URL hands to a function, and the answer it takes back: payload
//! format 2.0.
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>, 2026-11-20.

use std::str;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_core::deployment::{Answer, Request};
use serde_json::{Value, json};

/// `POST /predict`.
pub(crate) fn predict(request: Request<'_>) -> Value {
    let (text, encoded) = match str::from_utf8(request.body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(request.body), true),
    };
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/predict",
        "rawQueryString": "",
        "headers": {"accept": "application/json", "content-type": request.media_type},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "mlship",
            "domainName": "mlship.invalid",
            "domainPrefix": "mlship",
            "http": {
                "method": "POST",
                "path": "/predict",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "mlship",
            },
            "requestId": "mlship",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/1970:00:00:00 +0000",
            "timeEpoch": 0,
        },
        "body": text,
        "isBase64Encoded": encoded,
    })
}

/// Unwraps what the function gave back; `Err` says in words why it is no answer.
pub(crate) fn answer(payload: &[u8]) -> Result<Answer, String> {
    let value: Value = serde_json::from_slice(payload)
        .map_err(|_| "the function gave something that is not JSON".to_owned())?;
    let status = value["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let Some(status) = status else {
        return Err("the function gave an answer without `statusCode`".to_owned());
    };
    let text = value["body"].as_str().unwrap_or_default();
    let body = if value["isBase64Encoded"] == json!(true) {
        STANDARD.decode(text).map_err(|_| "the body of the answer is not base64".to_owned())?
    } else {
        text.as_bytes().to_vec()
    };
    Ok(Answer { status, body })
}

/// What a failed invocation says of itself: `errorType: errorMessage`.
pub(crate) fn failure(payload: &[u8]) -> String {
    let value: Value = serde_json::from_slice(payload).unwrap_or_default();
    match (value["errorType"].as_str(), value["errorMessage"].as_str()) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => "it gave no reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_survive_both_ways() {
        assert_eq!(predict(Request::json(b"{}"))["body"], "{}");
        assert_eq!(predict(Request::json(&[0xff]))["isBase64Encoded"], true);
        let plain = answer(br#"{"statusCode": 200, "body": "hi"}"#);
        assert_eq!(plain, Ok(Answer { status: 200, body: b"hi".to_vec() }));
        let encoded = answer(br#"{"statusCode": 422, "body": "/w==", "isBase64Encoded": true}"#);
        assert_eq!(encoded, Ok(Answer { status: 422, body: vec![0xff] }));
        assert!(answer(b"null").is_err() && answer(b"<").is_err());
        assert!(answer(br#"{"statusCode": 70000}"#).is_err());
    }
}
