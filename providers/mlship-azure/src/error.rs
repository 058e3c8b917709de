//! Azure's refusals in the port's words: a kind, what was tried, why, and what the reader can do.

use mlship_core::provider::{ErrorKind, ProviderError, harmless, phrase, plain};
use serde_json::Value;

use crate::NAME;

/// An error of our own.
pub(crate) fn failed(
    kind: ErrorKind,
    operation: &str,
    resource: &str,
    reason: impl Into<String>,
) -> ProviderError {
    ProviderError::new(kind, NAME, operation, resource, reason)
}

/// The refusal to touch what mlship did not make.
pub(crate) fn foreign(operation: &str, what: &str, name: &str) -> ProviderError {
    ProviderError::foreign(NAME, operation, what, name)
}

/// An answer with a status above 299.
pub(crate) fn refused(operation: &str, resource: &str, status: u16, body: &[u8]) -> ProviderError {
    let (code, message) = words(body);
    let kind = match message.to_ascii_lowercase().contains("quota") {
        // App Service says so with status 401.
        true => ErrorKind::Quota,
        false => kind_of(&code, status),
    };
    if code == "AuthorizationFailed" || code == "LinkedAuthorizationFailed" {
        return not_allowed(operation, resource, &message);
    }
    let reason = match message.as_str() {
        "" => plain(kind, Some(status)),
        message => phrase(message),
    };
    let mut error = failed(kind, operation, resource, reason);
    error.hints.extend(hint(kind, &code).map(str::to_owned));
    error
}

/// Code and message of a refusal; Resource Manager and App Service write them differently.
fn words(body: &[u8]) -> (String, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let inner = if body["error"].is_object() { &body["error"] } else { &body };
    let text = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| inner[*key].as_str());
        found.unwrap_or_default().to_owned()
    };
    (text(["code", "Code"]), text(["message", "Message"]))
}

/// Which action is missing, and where: Azure's sentence names both.
fn not_allowed(operation: &str, resource: &str, message: &str) -> ProviderError {
    let quoted = |after: &str| {
        let rest = message.split_once(after)?.1;
        rest.strip_prefix('\'')?.split('\'').next()
    };
    let (Some(action), Some(scope)) = (quoted("perform action "), quoted("over scope ")) else {
        return failed(ErrorKind::Denied, operation, resource, phrase(message));
    };
    let (action, scope) = (&harmless(action), &harmless(scope));
    let reason = format!("the action `{action}` is not allowed at `{scope}`");
    let mut error = failed(ErrorKind::Denied, operation, resource, reason);
    let role = match action.starts_with("Microsoft.Authorization/") {
        true => "Role Based Access Control Administrator",
        false => "Contributor",
    };
    error.hints = vec![
        format!("ask for the role `{role}` there, or for one with this action"),
        format!("az role assignment create --assignee YOU --role \"{role}\" --scope {scope}"),
        "a permission that was just given takes some minutes; `az account clear` and `az login` \
         renew the token"
            .to_owned(),
    ];
    error
}

/// What a code means, or else a status.
pub(crate) fn kind_of(code: &str, status: u16) -> ErrorKind {
    match code {
        "AuthorizationFailed"
        | "LinkedAuthorizationFailed"
        | "AuthenticationFailed"
        | "ExpiredAuthenticationToken"
        | "InvalidAuthenticationToken"
        | "InvalidAuthenticationTokenTenant"
        | "RequestDisallowedByPolicy" => ErrorKind::Denied,
        "ResourceNotFound" | "ResourceGroupNotFound" | "NotFound" | "ParentResourceNotFound" => {
            ErrorKind::NotFound
        }
        "Conflict"
        | "AnotherOperationInProgress"
        | "OperationInProgress"
        | "ContainerAppOperationInProgress"
        | "ContainerGroupTransitioning"
        | "ResourceGroupBeingDeleted"
        | "PrincipalNotFound" => ErrorKind::Conflict,
        "TooManyRequests" | "OperationNotAllowedThrottled" => ErrorKind::Throttled,
        _ if code.contains("Quota") || code.contains("CoreLimit") => ErrorKind::Quota,
        _ => ErrorKind::of_status(status),
    }
}

fn hint(kind: ErrorKind, code: &str) -> Option<&'static str> {
    Some(match (kind, code) {
        (_, "MissingSubscriptionRegistration") => {
            "register the namespace once: `az provider register --wait --namespace …`"
        }
        (ErrorKind::Denied, "RequestDisallowedByPolicy") => {
            "a policy of the organisation forbids it; ask those who keep the subscription"
        }
        (ErrorKind::Denied, _) => "sign in again with `az login`, and check `az account show`",
        (ErrorKind::Throttled, _) => "wait a minute and run the same command again",
        (ErrorKind::Unavailable, _) => "run the same command again; it goes on where it stopped",
        (ErrorKind::Quota, _) => {
            "ask for a higher quota in the portal, choose another `location: …`, or remove what \
             is no longer needed"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use mlship_core::provider::REPEATED;

    use super::*;

    #[test]
    fn a_missing_permission_is_named_with_its_scope() {
        let message = "The client 'a@b' with object id '1' does not have authorization to perform \
                       action 'Microsoft.Web/sites/write' over scope '/subscriptions/s' or the \
                       scope is invalid.";
        let body =
            serde_json::json!({"error": {"code": "AuthorizationFailed", "message": message}});
        let error = refused("create the app", "heart", 403, body.to_string().as_bytes());
        assert_eq!(error.kind, ErrorKind::Denied);
        let expected =
            "the action `Microsoft.Web/sites/write` is not allowed at `/subscriptions/s`";
        assert_eq!(error.reason, expected);
        assert!(error.hints[1].contains("--scope /subscriptions/s"), "{:?}", error.hints);
    }

    #[test]
    fn both_ways_of_writing_a_refusal_are_read() {
        let arm = br#"{"error": {"code": "SkuNotAvailable", "message": "No such size."}}"#;
        let error = refused("create the plan", "p", 400, arm);
        assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Refused, "no such size"));
        let web = br#"{"Code": "Conflict", "Message": "Taken", "Target": null}"#;
        let error = refused("create the app", "a", 400, web);
        assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Conflict, "taken"));
        let error = refused("create the app", "a", 502, b"<html>");
        assert_eq!(error.reason, "the service failed (status 502)");
    }

    #[test]
    fn what_a_service_says_cannot_act_on_a_terminal_nor_flood_it() {
        let message = format!("No\u{1b}[2J\u{9b}31m\r\nsize. {}", "ß".repeat(9000));
        let body = serde_json::json!({"error": {"code": "C", "message": message}});
        let error = refused("create the plan", "p", 400, body.to_string().as_bytes());
        assert!(error.reason.starts_with("no[2J31m  size. ßß"), "{}", error.reason);
        assert_eq!(error.reason.chars().count(), REPEATED + 1);
        let message = "may not perform action 'a\u{7}b' over scope '/s\u{1b}c'";
        let body =
            serde_json::json!({"error": {"code": "AuthorizationFailed", "message": message}});
        let error = refused("create the plan", "p", 403, body.to_string().as_bytes());
        assert_eq!(error.reason, "the action `ab` is not allowed at `/sc`");
    }
}
