//! `Microsoft.ManagedIdentity/userAssignedIdentities`, and identities that hang on what uses them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::TENANT;
use super::super::error::error;
use super::super::http::Response;
use super::super::resource_type::{Made, Put, ResourceType};
use super::super::state::State;
use super::super::tags;

/// The type.
pub(in super::super) struct Identities;

pub(super) const KIND: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

impl ResourceType for Identities {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        &["2024-11-30", "2023-01-31"]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        if put.text("/location").is_none() {
            let message = "The location property is required for this definition.";
            return Err(error(400, "LocationRequired", message));
        }
        tags::check(&put.body["tags"])?;
        let mut body = Value::Object(put.members(&["location", "tags"]));
        body["properties"] = json!({
            "tenantId": TENANT,
            "principalId": uuid_of("principal", &put.id.key()),
            "clientId": uuid_of("client", &put.id.key()),
        });
        let made = Made::at_once(body);
        Ok(match put.before {
            Some(_) => made,
            // The directory hears of it later than Resource Manager.
            None => made.hiding(UNKNOWN_FOR, json!(state.tape.script.lag)),
        })
    }
}

/// So many tries to give a role to an identity find no such principal; and so many tries to use a
/// role find that it is not known yet.
pub(super) const UNKNOWN_FOR: &str = "unknownFor";

/// A UUID that is always the same for the same words.
pub(super) fn uuid_of(what: &str, id: &str) -> String {
    let digest = Sha256::digest(format!("{what} {id}"));
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let (a, b, c, d) = (&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20]);
    format!("{a}-{b}-4{c}-8{d}-{}", &hex[20..])
}

/// What `identity` of a resource becomes: its own principal, and those of the identities that it
/// names.
///
/// # Errors
/// When one that it names does not exist.
pub(super) fn attached(state: &State, owner: &str, wanted: &Value) -> Result<Value, Response> {
    let kind = wanted["type"].as_str().unwrap_or("None");
    let mut identity = json!({"type": kind});
    if kind.contains("SystemAssigned") {
        identity["principalId"] = json!(uuid_of("principal", &owner.to_lowercase()));
        identity["tenantId"] = json!(TENANT);
    }
    for (id, _) in wanted["userAssignedIdentities"].as_object().into_iter().flatten() {
        let Some(found) = state.get(id).filter(|found| found.id.kind == KIND) else {
            let message = format!(
                "Identity operation for resource '{owner}' failed with error 'Failed to perform \
                 resource identity operation. Status: 'BadRequest'. Response: \
                 '{{\"error\":{{\"code\":\"BadRequest\",\"message\":\"Resource '{id}' was not \
                 found.\"}}}}'."
            );
            return Err(error(400, "FailedIdentityOperation", &message));
        };
        identity["userAssignedIdentities"][id] = json!({
            "principalId": found.text("/properties/principalId"),
            "clientId": found.text("/properties/clientId"),
        });
    }
    Ok(identity)
}

/// The principal of an identity that a resource has: `system`, or an id among those it names.
pub(super) fn principal_of(identity: &Value, wanted: &str) -> Option<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if wanted.eq_ignore_ascii_case("system") {
        return text(&identity["principalId"]);
    }
    let named = identity["userAssignedIdentities"].as_object()?;
    let (_, found) = named.iter().find(|(id, _)| id.eq_ignore_ascii_case(wanted))?;
    text(&found["principalId"])
}
