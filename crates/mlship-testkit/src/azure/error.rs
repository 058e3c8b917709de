//! Errors as Resource Manager and its providers word them.

use serde_json::json;

use super::http::Response;
use super::id::Id;

/// `{"error": {"code", "message"}}`, the shape that all providers share.
pub(super) fn error(status: u16, code: &str, message: &str) -> Response {
    Response::json(status, &json!({"error": {"code": code, "message": message}}))
        .with("x-ms-failure-cause", "gateway")
}

/// There is no such resource.
pub(super) fn not_found(id: &Id) -> Response {
    let message = format!(
        "The Resource '{}' under resource group '{}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix",
        id.kind_and_name(),
        id.group.as_deref().unwrap_or_default()
    );
    error(404, "ResourceNotFound", &message)
}

/// There is no such group.
pub(super) fn group_not_found(group: &str) -> Response {
    let message = format!("Resource group '{group}' could not be found.");
    error(404, "ResourceGroupNotFound", &message)
}

/// The caller may not do this.
pub(super) fn forbidden(action: &str, scope: &str) -> Response {
    let caller = super::CALLER;
    let message = format!(
        "The client '{caller}' with object id '{caller}' does not have authorization to perform \
         action '{action}' over scope '{scope}' or the scope is invalid. If access was recently \
         granted, please refresh your credentials."
    );
    error(403, "AuthorizationFailed", &message)
}

/// No token, or none that is one.
pub(super) fn unauthenticated() -> Response {
    let message = "Authentication failed. The 'Authorization' header is missing.";
    let challenge = format!(
        "Bearer authorization_uri=\"https://login.microsoftonline.com/{}\", \
         error=\"invalid_token\", error_description=\"The authentication failed because of missing \
         'Authorization' header.\"",
        super::TENANT
    );
    error(401, "AuthenticationFailed", message).with("www-authenticate", &challenge)
}

/// Something else is being done to the resource.
pub(super) fn busy(id: &Id) -> Response {
    let message = format!(
        "Cannot modify resource '{}' because another operation is in progress.",
        id.kind_and_name()
    );
    error(409, "AnotherOperationInProgress", &message)
}
