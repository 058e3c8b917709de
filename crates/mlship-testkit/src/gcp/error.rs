//! Errors as Google's APIs word them: `google.rpc.Status` as JSON.

use serde_json::{Value, json};

use super::http::Response;
use crate::cloud::faults::{Fault, Script};

/// A call that is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) code: u16,
    /// The code's name in `google.rpc.Code`.
    pub(crate) status: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<Value>,
}

impl Refusal {
    pub(crate) fn new(code: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), details: Vec::new() }
    }

    /// 400 INVALID_ARGUMENT.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    /// 400 FAILED_PRECONDITION.
    pub(crate) fn precondition(message: impl Into<String>) -> Self {
        Self::new(400, "FAILED_PRECONDITION", message)
    }

    /// 404 NOT_FOUND.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "NOT_FOUND", message)
    }

    /// 409 ALREADY_EXISTS.
    pub(crate) fn exists(message: impl Into<String>) -> Self {
        Self::new(409, "ALREADY_EXISTS", message)
    }

    /// 409 ABORTED: an etag that is out of date, or another operation at work.
    pub(crate) fn aborted(message: impl Into<String>) -> Self {
        Self::new(409, "ABORTED", message)
    }

    /// 403 PERMISSION_DENIED.
    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "PERMISSION_DENIED", message)
    }

    /// 429 RESOURCE_EXHAUSTED.
    pub(crate) fn exhausted(message: impl Into<String>) -> Self {
        Self::new(429, "RESOURCE_EXHAUSTED", message)
    }

    /// 401 UNAUTHENTICATED.
    pub(crate) fn unauthenticated() -> Self {
        let message = "Request is missing required authentication credential. Expected OAuth 2 \
                       access token, login cookie or other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self::new(401, "UNAUTHENTICATED", message)
    }

    /// 501: the stand-in does not know the method.
    pub(crate) fn unimplemented(method: &str) -> Self {
        Self::new(501, "UNIMPLEMENTED", format!("the stand-in does not know `{method}`"))
    }

    /// With `google.rpc.ErrorInfo`.
    pub(crate) fn because(mut self, reason: &str, domain: &str, metadata: Value) -> Self {
        self.details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason, "domain": domain, "metadata": metadata,
        }));
        self
    }

    /// With another detail; it has its `@type`.
    pub(crate) fn with(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// A fault that a script asks for.
    pub(crate) fn of_fault(script: &Script, fault: Fault) -> Response {
        let wait = script.retry_after.to_string();
        match fault {
            Fault::Throttled => {
                let message = "Quota exceeded for quota metric 'Read requests' and limit 'Read \
                               requests per minute'.";
                Response::from(Self::exhausted(message).because(
                    "RATE_LIMIT_EXCEEDED",
                    "googleapis.com",
                    json!({"quota_limit": "ReadRequestsPerMinutePerProject"}),
                ))
                .with("retry-after", &wait)
            }
            Fault::Conflict => Self::aborted(
                "Conflict for resource: version was specified but current version is different.",
            )
            .into(),
            Fault::Busy => {
                let message = "The service is currently unavailable.";
                Response::from(Self::new(503, "UNAVAILABLE", message)).with("retry-after", &wait)
            }
            _ => Self::new(500, "INTERNAL", "Internal error encountered.").into(),
        }
    }

    /// In the words of the API that a method is of: Storage has no codes by name, but reasons.
    pub(crate) fn shown_by(self, method: &str) -> Response {
        if !method.starts_with("storage.") {
            return self.into();
        }
        let reason = match self.code {
            401 => "authError",
            403 => "forbidden",
            404 => "notFound",
            409 => "conflict",
            412 => "conditionNotMet",
            429 => "rateLimitExceeded",
            501 => "notImplemented",
            _ => "invalid",
        };
        let Self { code, message, details, .. } = self;
        let one = json!({"message": message, "domain": "global", "reason": reason});
        let mut error = json!({"code": code, "message": message, "errors": [one]});
        if !details.is_empty() {
            error["details"] = json!(details);
        }
        Response::json(code, &json!({"error": error}))
    }

    /// As an operation's `error`: the code is `google.rpc.Code`'s number.
    pub(crate) fn rpc(&self) -> Value {
        let code = match self.status {
            "INVALID_ARGUMENT" => 3,
            "DEADLINE_EXCEEDED" => 4,
            "NOT_FOUND" => 5,
            "ALREADY_EXISTS" => 6,
            "PERMISSION_DENIED" => 7,
            "RESOURCE_EXHAUSTED" => 8,
            "FAILED_PRECONDITION" => 9,
            "ABORTED" => 10,
            "INTERNAL" => 13,
            "UNAVAILABLE" => 14,
            "UNAUTHENTICATED" => 16,
            _ => 2,
        };
        match self.details.is_empty() {
            true => json!({"code": code, "message": self.message}),
            false => json!({"code": code, "message": self.message, "details": self.details}),
        }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, status, message, details } = refusal;
        let mut error = json!({"code": code, "message": message, "status": status});
        if !details.is_empty() {
            error["details"] = json!(details);
        }
        Self::json(code, &json!({"error": error}))
    }
}
