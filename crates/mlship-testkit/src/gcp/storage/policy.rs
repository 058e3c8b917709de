//! Who may see a bucket.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::ok;
use crate::gcp::discovery::Ask;
use crate::gcp::error::Refusal;
use crate::gcp::http::Response;
use crate::gcp::state::State;

/// What a new bucket has.
pub(super) fn first() -> Value {
    let project = |role: &str| format!("{role}:{}", crate::gcp::PROJECT);
    json!({"version": 1, "etag": "CAE=", "bindings": [
        {"role": "roles/storage.legacyBucketOwner",
            "members": [project("projectEditor"), project("projectOwner")]},
        {"role": "roles/storage.legacyBucketReader", "members": [project("projectViewer")]},
    ]})
}

fn shown(name: &str, policy: &Value) -> Value {
    let mut shown = policy.clone();
    shown["kind"] = json!("storage#policy");
    shown["resourceId"] = json!(format!("projects/_/buckets/{name}"));
    shown
}

pub(super) fn get(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let name = ask.path("bucket");
    ok(&shown(name, &state.storage.bucket(name)?.policy))
}

pub(super) fn set(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let serial = state.next();
    let name = ask.path("bucket");
    let domains = state.forbidden.contains("constraints/iam.allowedPolicyMemberDomains");
    let bucket = state.storage.bucket(name)?;
    let etag = &ask.body["etag"];
    if !etag.is_null() && *etag != bucket.policy["etag"] {
        let message = "At least one of the pre-conditions you specified did not hold.";
        return Err(Refusal::new(412, "FAILED_PRECONDITION", message));
    }
    let everybody = ask.body["bindings"].to_string().contains("\"allUsers\"");
    if everybody && bucket.body["iamConfiguration"]["publicAccessPrevention"] == "enforced" {
        let message = "The member bindings allUsers and allAuthenticatedUsers are not allowed \
                       since public access prevention is enforced.";
        return Err(Refusal::new(412, "FAILED_PRECONDITION", message));
    }
    if everybody && domains {
        let message =
            "One or more users named in the policy do not belong to a permitted customer.";
        return Err(Refusal::new(412, "FAILED_PRECONDITION", message));
    }
    let bindings = match &ask.body["bindings"] {
        Value::Null => json!([]),
        bindings => bindings.clone(),
    };
    bucket.policy =
        json!({"version": 1, "etag": STANDARD.encode(serial.to_be_bytes()), "bindings": bindings});
    ok(&shown(name, &bucket.policy))
}

pub(super) fn test(state: &mut State, ask: &Ask<'_>) -> Result<Response, Refusal> {
    let denied = state.denied.clone();
    state.storage.bucket(ask.path("bucket"))?;
    let all = ask.query_all("permissions");
    let had: Vec<&str> = all.into_iter().filter(|it| !denied.contains(*it)).collect();
    ok(&json!({"kind": "storage#testIamPermissionsResponse", "permissions": had}))
}
