//! The right of the identity to pull from the registry.

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Images;
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use mlship_registry::hex;

const ROLE_ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments";

/// `AcrPull`.
/// Source: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/containers>,
/// 2026-11-20.
const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";

/// How long the directory may take to hear of a new identity, in looks.
const TRIES: u32 = 40;

/// Whether the identity has the role there, whoever gave it.
pub(super) async fn is_given(
    cloud: &Cloud,
    images: &Images,
    principal: &str,
) -> Result<bool, ProviderError> {
    let registry = images.registry.name();
    let call =
        Call { operation: "look at the roles on the container registry", resource: registry };
    let authorization = Id::of(format!("{}/providers/Microsoft.Authorization", images.registry));
    let filter = format!("principalId eq '{principal}'");
    let query = [("$filter", filter.as_str())];
    let given = cloud.arm.list(call, &authorization, "roleAssignments", &query).await?;
    Ok(given.iter().any(|one| {
        let role = one["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
        one["properties"]["principalId"] == *principal && role.ends_with(ACR_PULL)
    }))
}

/// Gives it, and waits until the directory knows the identity.
pub(super) async fn give(
    cloud: &Cloud,
    images: &Images,
    principal: &str,
) -> Result<(), ProviderError> {
    let id = assignment(&images.registry, principal);
    let call = Call {
        operation: "let the service pull its images from",
        resource: images.registry.name(),
    };
    let role = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{ACR_PULL}",
        images.place.subscription
    );
    let body = json!({"properties": {
        "roleDefinitionId": role,
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }});
    for left in (0..TRIES.min(cloud.pace().polls)).rev() {
        match cloud.arm.put(call, &id, &body).await {
            Ok(_) => return Ok(()),
            // The identity is not known everywhere yet, or the role was given under another name.
            Err(error) if error.kind == ErrorKind::Conflict => {
                if is_given(cloud, images, principal).await? {
                    return Ok(());
                }
                if left == 0 {
                    return Err(error);
                }
            }
            Err(error) => return Err(explain(error, images, principal)),
        }
        tokio::time::sleep(cloud.pace().poll).await;
    }
    Ok(())
}

/// Who else may give it, and with what words.
fn explain(error: ProviderError, images: &Images, principal: &str) -> ProviderError {
    if error.kind != ErrorKind::Denied {
        return error;
    }
    let mut error = error;
    error.hints.clear();
    let who = "giving roles takes the role `Owner`, `User Access Administrator` or `Role Based \
               Access Control Administrator` on the registry; who has one of them can do it once:";
    let command = format!(
        "az role assignment create --assignee-object-id {principal} \
         --assignee-principal-type ServicePrincipal --role AcrPull --scope {}",
        images.registry
    );
    let then = "then run the same command again; it goes on where it stopped";
    [who, &command, then].into_iter().fold(error, ProviderError::with_hint)
}

/// Takes it away again.
pub(super) async fn take(
    cloud: &Cloud,
    images: &Images,
    principal: &str,
) -> Result<bool, ProviderError> {
    let call = Call { operation: "take back the role on", resource: images.registry.name() };
    let id = assignment(&images.registry, principal);
    if cloud.arm.get(call, &id).await?.is_none() {
        return Ok(false);
    }
    cloud.arm.delete(call, &id).await
}

/// The id of the assignment, which is the same again for the same registry and identity. Azure
/// wants a UUID; this is one of version 8 (RFC 9562), made of a digest.
fn assignment(registry: &Id, principal: &str) -> Id {
    let words = format!("{registry}/{principal}/{ACR_PULL}").to_ascii_lowercase();
    let digest = hex(&Sha256::digest(words.as_bytes()));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    let uuid = format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    );
    registry.resource(ROLE_ASSIGNMENTS, &uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_role_assignment_is_a_uuid_and_always_the_same() {
        let registry =
            Id::group("1234", "g").resource("Microsoft.ContainerRegistry/registries", "r");
        let one = assignment(&registry, "abc");
        assert_eq!(one, assignment(&Id::of(registry.as_str().to_uppercase()), "ABC"));
        assert_ne!(one, assignment(&registry, "abd"));
        let lengths: Vec<usize> = one.name().split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(one.kind(), ROLE_ASSIGNMENTS);
    }
}
