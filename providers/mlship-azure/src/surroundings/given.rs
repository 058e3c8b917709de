//! The user's own resource group, which must be there.

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::arm::Call;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::{Owner, Place};

/// Refuses a group that the manifest names and that is not there. mlship makes only its own.
pub(crate) async fn refuse_absent_group(cloud: &Cloud, place: &Place) -> Result<(), ProviderError> {
    let name = place.group.name();
    let call = Call { operation: "look at the resource group", resource: name };
    if place.group_owner == Owner::Mlship || cloud.arm.get(call, &place.group).await?.is_some() {
        return Ok(());
    }
    let error = failed(ErrorKind::NotFound, call.operation, name, "it is not there");
    let hint = format!(
        "make it with `az group create --name {name} --location {}`, or leave `resource-group: …` \
         out of `targets.azure`: mlship then makes one",
        place.location
    );
    Err(error.with_hint(hint))
}
