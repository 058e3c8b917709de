//! Makes a function, or changes it, so that its service has a new revision.

use google_cloud_functions_v2::model;
use google_cloud_functions_v2::model::function::State;
use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_lro::Poller as _;
use google_cloud_wkt::FieldMask;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::{Function, body, source};
use crate::connect::Cloud;
use crate::error::{Call, failed, translate};
use crate::names::Place;
use crate::service::apply::Work;
use crate::service::plan::Existing;
use crate::service::traffic;

/// Makes the function as it should be. When `existing.is_new`, with a new revision, whose short
/// name is found by its stamp afterwards. The traffic stays where it is.
pub(crate) async fn make(
    work: &Work<'_>,
    existing: &Existing,
    function: Option<&Function>,
) -> Result<(), ProviderError> {
    let Work { cloud, wanted, progress, .. } = *work;
    let name = &wanted.place.service;
    let is_new = existing.is_new(wanted);
    let Some(function) = function else {
        progress.step("upload the source");
        let source = source::upload(work).await?;
        progress.step(&format!("create function {name}, which Google builds first"));
        return create(cloud, &wanted.place, body::function(wanted, None, Some(source))).await;
    };
    if !is_new && function.is_of(name) {
        return Ok(());
    }
    settled(cloud, &wanted.place, function).await?;
    if let Some(service) = &existing.service {
        traffic::pin(cloud, &wanted.place, service).await?;
    }
    if !is_new {
        progress.step(&format!("update function {name}"));
        return update(cloud, body::function(wanted, Some(&function.body), None), &["labels"])
            .await;
    }
    let source = match function.has_package_of(wanted) {
        true => None,
        false => {
            progress.step("upload the source");
            Some(source::upload(work).await?)
        }
    };
    progress.step(&format!("update function {name}, which Google builds first"));
    let then = body::function(wanted, Some(&function.body), source);
    let mask = body::mask(&function.body, &then);
    update(cloud, then, &mask).await
}

/// What is under way ends first, be it a deploy of mlship's that was cut: then it is looked at again.
async fn settled(cloud: &Cloud, place: &Place, function: &Function) -> Result<(), ProviderError> {
    let busy = |state: &State| matches!(state, State::Deploying | State::Deleting);
    if !busy(&function.body.state) {
        return Ok(());
    }
    for _ in 0..cloud.pace.polls {
        let found = Function::look_at_any(cloud, place).await?;
        if found.is_none_or(|found| !busy(&found.body.state)) {
            break;
        }
        tokio::time::sleep(cloud.pace.poll).await;
    }
    let reason = "another change of it was under way";
    Err(failed(ErrorKind::Conflict, "change the function", &place.service, reason))
}

async fn create(
    cloud: &Cloud,
    place: &Place,
    function: model::Function,
) -> Result<(), ProviderError> {
    let making = cloud
        .functions
        .create_function()
        .set_parent(place.location())
        .set_function_id(&place.service)
        .set_function(function)
        .with_idempotency(true);
    let made = making.poller().until_done().await.map(drop);
    made.map_err(|error| translate(Call::new("create the function", &place.service), error))
}

async fn update(
    cloud: &Cloud,
    function: model::Function,
    mask: &[&str],
) -> Result<(), ProviderError> {
    let name = function.name.clone();
    let resource = name.rsplit('/').next().unwrap_or_default();
    let mask = FieldMask::default().set_paths(mask.iter().copied());
    let changing = cloud.functions.update_function().set_function(function).set_update_mask(mask);
    let made = changing.with_idempotency(true).poller().until_done().await.map(drop);
    made.map_err(|error| translate(Call::new("change the function", resource), error))
}
