//! What Cloud Run says no with, where the words have a form that comes again and again.

use serde_json::json;

use crate::gcp::error::Refusal;

/// A field that may not be what it is.
pub(in crate::gcp) fn field(path: &str, why: &str) -> Refusal {
    let violation = json!({"field": path, "description": why});
    let detail = json!({"@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [violation]});
    Refusal::invalid(format!("{path}: {why}")).with(detail)
}

/// The caller may not act as a service account.
pub(in crate::gcp) fn act_as(account: &str) -> Refusal {
    let permission = "iam.serviceaccounts.actAs";
    let message = format!(
        "Permission '{permission}' denied on service account {account} (or it may not exist)."
    );
    Refusal::denied(message).because(
        "IAM_PERMISSION_DENIED",
        "iam.googleapis.com",
        json!({"permission": permission, "resource": account}),
    )
}

/// Adds which of an organisation's policies is against it.
pub(in crate::gcp) fn of_policy(
    refusal: Refusal,
    constraint: &str,
    subject: &str,
    why: &str,
) -> Refusal {
    let violation = json!({"type": constraint, "subject": subject, "description": why});
    refusal.with(json!({"@type": "type.googleapis.com/google.rpc.PreconditionFailure",
        "violations": [violation]}))
}
