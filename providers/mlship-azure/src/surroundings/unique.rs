//! Names that the whole world shares, asked for before anything is made.

use mlship_core::provider::{ErrorKind, ProviderError, phrase};
use serde_json::json;

use super::Looked;
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::failed;

/// How often what seems to be somebody else's is looked at again: a list of names knows of what
/// was just made before its own address does.
const LOOKS: u32 = 5;

/// Why a name cannot be used that is not somebody else's: another look shows what has it.
pub(crate) const MADE_MEANWHILE: &str = "it was made meanwhile";

/// A kind of name that nobody else may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Global {
    /// `Microsoft.Storage`.
    namespace: &'static str,
    /// What its check is called; Azure takes any case.
    check: &'static str,
    of_type: &'static str,
    /// The manifest's key for it.
    key: &'static str,
}

impl Global {
    pub(crate) const STORAGE: Self = Self {
        namespace: "Microsoft.Storage",
        check: "checkNameAvailability",
        of_type: "Microsoft.Storage/storageAccounts",
        key: "storage-account",
    };
    pub(crate) const SITE: Self = Self {
        namespace: "Microsoft.Web",
        check: "checknameavailability",
        of_type: "Microsoft.Web/sites",
        key: "app",
    };
    pub(crate) const REGISTRY: Self = Self {
        namespace: "Microsoft.ContainerRegistry",
        check: "checkNameAvailability",
        of_type: "Microsoft.ContainerRegistry/registries",
        key: "registry",
    };
}

/// Refuses a name that somebody else has. Nothing is asked for what exists here.
pub(crate) async fn refuse_taken(
    cloud: &Cloud,
    looked: &Looked,
    global: Global,
) -> Result<(), ProviderError> {
    if looked.found.is_some() {
        return Ok(());
    }
    let id = &looked.resource.id;
    let operation = format!("use the name of the {}", looked.resource.noun);
    let call = Call { operation: &operation, resource: id.name() };
    let provider =
        Id::of(format!("/subscriptions/{}/providers/{}", cloud.subscription, global.namespace));
    let body = json!({"name": id.name(), "type": global.of_type});
    let answer = cloud.arm.post(call, &provider, global.check, &body).await?;
    if answer["nameAvailable"] != false {
        return Ok(());
    }
    for _ in 0..LOOKS {
        if cloud.arm.get(call, id).await?.is_some() {
            let (operation, name) = (call.operation, call.resource);
            let error = failed(ErrorKind::Conflict, operation, name, MADE_MEANWHILE);
            return Err(error.with_hint("run the same command again"));
        }
        tokio::time::sleep(cloud.pace().poll).await;
    }
    if answer["reason"] == "AlreadyExists" {
        let reason = "the name is taken; the whole of Azure shares these names";
        let error = failed(ErrorKind::Conflict, call.operation, call.resource, reason);
        let hint = format!("choose another: `{}: …` in `targets.azure`", global.key);
        return Err(error.with_hint(hint));
    }
    let reason = answer["message"].as_str().unwrap_or("the name is not allowed");
    let error = failed(ErrorKind::Refused, call.operation, call.resource, phrase(reason));
    Err(error.with_hint(format!("choose another: `{}: …` in `targets.azure`", global.key)))
}
