//! Whether a Flex Consumption app can reach the container that its packages are kept in, with what
//! its configuration says it does it with.

use super::running;
use crate::azure::state::{Resource, State};
use crate::azure::storage;

/// Roles that may write blobs: data owner and data contributor.
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage>
const ROLES: [&str; 2] =
    ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"];

/// Why it cannot; `None` when it can.
pub(super) fn why_not(state: &mut State, site: &Resource) -> Option<String> {
    let config = &site.body["properties"]["functionAppConfig"]["deployment"]["storage"];
    let address = config["value"].as_str().unwrap_or_default();
    if !storage::has_container(state, address) {
        return Some(format!("the container '{address}' does not exist."));
    }
    let account = storage::account_of(state, address)?;
    let how = &config["authentication"];
    let may = match how["type"].as_str().unwrap_or_default() {
        "StorageAccountConnectionString" => {
            let name = how["storageAccountConnectionStringName"].as_str().unwrap_or_default();
            let settings = running::environment(site);
            settings.get(name).is_some_and(|text| storage::opens(text, account.id.name()))
        }
        "SystemAssignedIdentity" => {
            let principal = site.text("/identity/principalId");
            has_role(state, principal, &account.id.key())
        }
        "UserAssignedIdentity" => {
            let id = how["userAssignedIdentityResourceId"].as_str().unwrap_or_default();
            let principal = identity(site, id).unwrap_or_default();
            has_role(state, &principal, &account.id.key())
        }
        _ => false,
    };
    (!may).then(|| "Status: 403, the app may not write to the container.".to_owned())
}

/// The principal of an identity that the app has.
fn identity(site: &Resource, id: &str) -> Option<String> {
    let users = site.body["identity"]["userAssignedIdentities"].as_object()?;
    let (_, found) = users.iter().find(|(name, _)| name.eq_ignore_ascii_case(id))?;
    found["principalId"].as_str().map(str::to_owned)
}

fn has_role(state: &State, principal: &str, account: &str) -> bool {
    let mut all = state.of_kind("Microsoft.Authorization/roleAssignments");
    !principal.is_empty()
        && all.any(|one| {
            let role = one.text("/properties/roleDefinitionId");
            let given = &one.body["properties"]["principalId"];
            given.as_str() == Some(principal)
                && account.starts_with(&one.id.scope.to_lowercase())
                && ROLES.iter().any(|known| role.ends_with(known))
        })
}
