//! `Microsoft.Authorization/roleAssignments`: who may do what where.

use serde_json::{Value, json};

use super::super::CALLER;
use super::super::error::error;
use super::super::http::Response;
use super::super::id::Id;
use super::super::resource_type::{Made, Put, ResourceType};
use super::super::state::{Resource, State};
use super::identities::UNKNOWN_FOR;

/// The type.
pub(in super::super) struct RoleAssignments;

const KIND: &str = "Microsoft.Authorization/roleAssignments";

/// The role that lets pull.
pub(super) const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

/// Roles that there are: those for registries and storage that deployments use.
const ROLES: [&str; 9] = [
    ACR_PULL,
    // AcrPush
    "8311e382-0749-4cb8-b61a-304f252e45ec",
    // Owner, Contributor, Reader
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    // Storage Blob Data Owner, Queue Data Contributor, Table Data Contributor
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    // Monitoring Metrics Publisher
    "3913510d-42f4-4e42-8a64-420c390055eb",
];

impl ResourceType for RoleAssignments {
    fn name(&self) -> &'static str {
        KIND
    }

    fn api_versions(&self) -> &'static [&'static str] {
        &["2022-04-01"]
    }

    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response> {
        let role = put.text("/properties/roleDefinitionId").unwrap_or_default();
        let principal = put.text("/properties/principalId").unwrap_or_default();
        check_words(put.id, role)?;
        if let Some(before) = put.before {
            let same = before.text("/properties/principalId") == principal
                && last_word(before.text("/properties/roleDefinitionId")) == last_word(role);
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to \
                           be updated.";
            let refused = || error(409, "RoleAssignmentUpdateNotPermitted", message);
            return if same { Ok(Made::at_once(before.body.clone())) } else { Err(refused()) };
        }
        known(state, principal)?;
        if let Some(same) = find(state, &put.id.scope, principal, last_word(role)) {
            let message = format!(
                "The role assignment already exists. The ID of the existing role assignment is {}.",
                same.id.name().replace('-', "")
            );
            return Err(error(409, "RoleAssignmentExists", &message));
        }
        let kind = put.text("/properties/principalType").unwrap_or("ServicePrincipal");
        let body = json!({"properties": {
            "roleDefinitionId": role, "principalId": principal, "principalType": kind,
            "scope": put.id.scope, "createdBy": CALLER, "updatedBy": CALLER,
            "createdOn": "2026-01-01T00:00:00.0000000Z",
            "updatedOn": "2026-01-01T00:00:00.0000000Z",
        }});
        Ok(Made::at_once(body).hiding(UNKNOWN_FOR, json!(state.tape.script.lag)))
    }

    fn patched(&self, _put: &Put<'_>) -> Result<Value, Response> {
        Err(error(405, "MethodNotAllowed", "The method is not allowed for this resource."))
    }
}

fn check_words(id: &Id, role: &str) -> Result<(), Response> {
    let name = id.name();
    let hex = name.replace('-', "");
    if name.len() != 36 || hex.len() != 32 || !hex.chars().all(|c| c.is_ascii_hexdigit()) {
        let message = format!(
            "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        );
        return Err(error(400, "InvalidRoleAssignmentId", &message));
    }
    if !ROLES.contains(&last_word(role)) {
        let message = format!(
            "The specified role definition with ID '{}' does not exist.",
            last_word(role).replace('-', "")
        );
        return Err(error(400, "RoleDefinitionDoesNotExist", &message));
    }
    Ok(())
}

/// The directory must know the principal.
fn known(state: &mut State, principal: &str) -> Result<(), Response> {
    let is_it = |resource: &&mut Resource| {
        let own = ["/properties/principalId", "/identity/principalId"];
        resource.id.kind != KIND && own.iter().any(|at| resource.text(at) == principal)
    };
    let is_known = match state.resources.values_mut().find(is_it) {
        Some(resource) => !waits(resource),
        None => principal == CALLER,
    };
    if is_known {
        return Ok(());
    }
    let message = format!(
        "Principal {} does not exist in the directory {}. Check that you have the correct \
         principal ID. If you are creating this principal and then immediately assigning a role, \
         this error might be related to a replication delay. In this case, set the role assignment \
         principalType property to a value, such as ServicePrincipal, User, or Group.  See \
         https://aka.ms/docs-principaltype",
        principal.replace('-', ""),
        super::super::TENANT
    );
    Err(error(400, "PrincipalNotFound", &message))
}

/// Whether something is not known everywhere yet; every look brings that nearer.
fn waits(resource: &mut Resource) -> bool {
    let left = resource.hidden.get(UNKNOWN_FOR).and_then(Value::as_u64).unwrap_or(0);
    resource.hidden.insert(UNKNOWN_FOR.to_owned(), json!(left.saturating_sub(1)));
    left > 0
}

fn find<'s>(state: &'s State, scope: &str, principal: &str, role: &str) -> Option<&'s Resource> {
    state.of_kind(KIND).find(|assignment| {
        assignment.id.scope.eq_ignore_ascii_case(scope)
            && assignment.text("/properties/principalId") == principal
            && last_word(assignment.text("/properties/roleDefinitionId")) == role
    })
}

/// Whether a principal has a role at a resource or above it. A role that was given a moment ago may
/// not be known yet; asking brings that nearer.
pub(super) fn has(state: &mut State, principal: &str, role: &str, resource: &str) -> bool {
    let resource = format!("{}/", resource.to_lowercase());
    let found = state.of_kind(KIND).find(|assignment| {
        resource.starts_with(&format!("{}/", assignment.id.scope.to_lowercase()))
            && assignment.text("/properties/principalId") == principal
            && last_word(assignment.text("/properties/roleDefinitionId")) == role
    });
    let key = found.map(|assignment| assignment.id.key());
    key.and_then(|key| state.get_mut(&key)).is_some_and(|assignment| !waits(assignment))
}

fn last_word(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}
