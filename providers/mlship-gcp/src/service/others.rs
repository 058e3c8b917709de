//! Whether somebody else deploys the same service at the same time. Pure.

use mlship_core::provider::{ErrorKind, ProviderError};

use super::plan::{Existing, Package};
use super::wanted::Wanted;
use crate::error::failed;
use crate::names::Place;

/// Why a deploy ends that another one came in between of.
const REASON: &str = "somebody else deploys it at the same time, or moved its traffic";

/// The end of a deploy that another one came in between of: it is not tried again.
pub(crate) fn conflict(place: &Place) -> ProviderError {
    let error = failed(ErrorKind::Conflict, "deploy", &place.service, REASON);
    error.with_hint(
        "wait until that deploy has ended, look at `mlship status --provider gcp`, and run \
         `mlship deploy --provider gcp` again",
    )
}

/// Whether an error is the one of [`conflict`].
pub(crate) fn is_conflict(error: &ProviderError) -> bool {
    error.kind == ErrorKind::Conflict && error.reason == REASON
}

/// Whether what there is `now` was made by neither this deploy nor what there was `before` it.
pub(crate) fn are_there(before: &Existing, now: &Existing, wanted: &Wanted) -> bool {
    tries(before, now, wanted) || moved(before, now, wanted) || builds(before, now, wanted)
}

/// Another version is on trial.
fn tries(before: &Existing, now: &Existing, wanted: &Wanted) -> bool {
    let old = before.service.iter().flat_map(|service| service.on_trial());
    let old: Vec<&str> = old.collect();
    let Some(service) = &now.service else { return false };
    let is_mine =
        |name: &str| service.named(name).is_some_and(|revision| revision.id == wanted.version());
    service.on_trial().into_iter().any(|name| !old.contains(&name) && !is_mine(name))
}

/// The traffic goes neither as it did nor as it is to go.
fn moved(before: &Existing, now: &Existing, wanted: &Wanted) -> bool {
    let (was, is) = (before.traffic(), now.traffic());
    let then = before.move_to(wanted).map(|(then, _)| then);
    is.is_some() && is != was && is != then
}

/// Another version of the function is built, or was.
fn builds(before: &Existing, now: &Existing, wanted: &Wanted) -> bool {
    let stamp = |existing: &Existing| match &existing.package {
        Package::Function(function) => function.as_ref().and_then(|one| one.version()),
        Package::Source(_) | Package::Image(_) => None,
    };
    let is = stamp(now);
    is.is_some() && is != stamp(before) && is.as_deref() != Some(wanted.version())
}
