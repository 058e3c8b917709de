//! Who may call a service: its IAM policy, and what an organisation lets be in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::problem;
use super::world::World;
use super::{Service, text};
use crate::gcp::error::Refusal;

/// A new policy, instead of the one that is there.
///
/// # Errors
/// The policy has changed since it was read, or an organisation's policy is against it.
pub(in crate::gcp) fn set_policy(
    policy: &mut Value,
    sent: &Value,
    serial: u64,
    world: &dyn World,
) -> Result<Value, Refusal> {
    let sent = &sent["policy"];
    let etag = text::of(sent, "/etag");
    if !etag.is_empty() && etag != text::of(policy, "/etag") {
        let message = "There were concurrent policy changes. Please retry the whole \
                       read-modify-write with exponential backoff.";
        return Err(Refusal::aborted(message));
    }
    for binding in text::list(sent, "/bindings") {
        check_binding(binding, policy, world)?;
    }
    let bindings: Vec<Value> = text::list(sent, "/bindings")
        .iter()
        .filter(|binding| !text::list(binding, "/members").is_empty())
        .cloned()
        .collect();
    *policy = json!({"version": 1, "etag": STANDARD.encode((0x0007_0600_0000_0000 + serial).to_be_bytes())});
    if !bindings.is_empty() {
        policy["bindings"] = json!(bindings);
    }
    Ok(policy.clone())
}

fn check_binding(binding: &Value, old: &Value, world: &dyn World) -> Result<(), Refusal> {
    let role = text::of(binding, "/role");
    if !["roles/", "projects/", "organizations/"].iter().any(|start| role.starts_with(start)) {
        let message = format!("Role {role} is not supported for this resource.");
        return Err(Refusal::invalid(message));
    }
    let constraint = "constraints/iam.allowedPolicyMemberDomains";
    for member in text::list(binding, "/members").iter().filter_map(Value::as_str) {
        let everybody = ["allUsers", "allAuthenticatedUsers"].contains(&member);
        if !everybody && !member.contains(':') {
            let message = format!("The member {member} is of an unknown type.");
            return Err(Refusal::invalid(message));
        }
        if everybody && world.forbids(constraint) && !has(old, role, member) {
            let message = "One or more users named in the policy do not belong to a permitted \
                           customer,  perhaps due to an organization policy.";
            let subject =
                format!("orgpolicy:projects/{}?configvalue={member}", crate::gcp::PROJECT);
            let why = format!("User {member} is not in permitted organization.");
            let refusal = Refusal::precondition(message);
            return Err(problem::of_policy(refusal, constraint, &subject, &why));
        }
    }
    Ok(())
}

fn has(policy: &Value, role: &str, member: &str) -> bool {
    text::list(policy, "/bindings").iter().any(|binding| {
        binding["role"] == role && text::list(binding, "/members").iter().any(|one| *one == member)
    })
}

/// Whether everybody may call a service, without a token.
pub(in crate::gcp) fn is_public(service: &Service) -> bool {
    service.body["invokerIamDisabled"] == true
        || has(&service.policy, "roles/run.invoker", "allUsers")
}

/// Of the permissions that were asked for, those that the caller has.
pub(in crate::gcp) fn tested(sent: &Value, world: &dyn World) -> Value {
    let asked = text::list(sent, "/permissions");
    let had: Vec<&Value> =
        asked.iter().filter(|one| one.as_str().is_some_and(|one| !world.denies(one))).collect();
    match had.is_empty() {
        true => json!({}),
        false => json!({"permissions": had}),
    }
}
