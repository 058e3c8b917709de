//! Errors as the Web provider words them.

use serde_json::json;

use crate::azure::http::Response;

/// `Code` and `Message`, once more in `Details`, as this provider alone does. `extended` is a
/// number of its own that goes with the message.
pub(super) fn web_error(status: u16, code: &str, extended: &str, message: &str) -> Response {
    let body = json!({
        "Code": code, "Message": message, "Target": null,
        "Details": [
            {"Message": message}, {"Code": code},
            {"ErrorEntity": {"ExtendedCode": extended, "MessageTemplate": message,
                "Parameters": [], "Code": code, "Message": message}},
        ],
        "Innererror": null,
    });
    Response::json(status, &body).with("x-ms-failure-cause", "service")
}

pub(super) fn bad(message: &str) -> Response {
    web_error(400, "BadRequest", "01001", message)
}

pub(super) fn conflict(message: &str) -> Response {
    web_error(409, "Conflict", "01009", message)
}
