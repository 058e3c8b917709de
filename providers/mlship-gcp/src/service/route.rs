//! Moves traffic to a version that exists.

use mlship_core::deployment::{Destination, Route};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;

use super::accepted::{Accepted, Way};
use super::found::{Revision, Service};
use super::traffic::move_to;
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::Place;

/// What is tried here, in words.
pub(crate) const OPERATION: &str = "move the traffic of";

/// Moves the traffic of a service, and says to which version. A version that already has what it
/// is to get is left alone.
pub(crate) async fn route(
    cloud: &Cloud,
    place: &Place,
    service: &Service,
    route: &Route,
) -> Result<String, ProviderError> {
    let name = &place.service;
    let Some(traffic) = service.traffic() else {
        let reason = "no version of it was found to be right yet";
        return Err(failed(ErrorKind::NotFound, OPERATION, name, reason));
    };
    let target = match &route.to {
        Destination::Version(version) => named(name, service, version)?,
        // While two versions share it, the one that was there first is the way back.
        Destination::Previous if traffic.is_divided() => named(name, service, &traffic.live)?,
        Destination::Previous => before(name, service, &traffic)?,
        Destination::Newest => newest(name, service, &traffic)?,
    };
    let way = if route.to == Destination::Previous { Way::Back } else { Way::Forth };
    let version = target.id.clone();
    if traffic.live == version && traffic.beside.is_none() && route.share != Share::ALL {
        return Err(alone(name, &version));
    }
    if !traffic.gives(&version, route.share) {
        let then = traffic.giving(&version, route.share);
        let accepted = Accepted::read(service).moved(&then, way);
        move_to(cloud, place, service, (&then, accepted), None).await?;
    }
    Ok(version)
}

fn alone(name: &str, version: &str) -> ProviderError {
    let reason = format!("version `{version}` gets all of it, and none is named for the rest");
    let error = failed(ErrorKind::Refused, OPERATION, name, reason);
    error.with_hint("name the version that is to get a part of it")
}

/// The newest that was found to be right. One that is newer and was not is no less worth a word
/// when nothing else would be done.
fn newest<'a>(
    name: &str,
    service: &'a Service,
    traffic: &Traffic,
) -> Result<&'a Revision, ProviderError> {
    let none = || failed(ErrorKind::NotFound, OPERATION, name, "there is no version of it");
    let newest = service.kept().into_iter().next().ok_or_else(none)?;
    match service.revisions.first() {
        Some(untried) if *traffic == Traffic::whole(&newest.id) && untried.id != newest.id => {
            Err(never_right(name, &untried.id))
        }
        _ => Ok(newest),
    }
}

/// Nobody is sent to a version that was not tried, or that answered wrongly.
fn never_right(name: &str, version: &str) -> ProviderError {
    let reason = format!("version `{version}` has not answered its samples");
    let error = failed(ErrorKind::Refused, OPERATION, name, reason);
    error.with_hint(
        "`mlship deploy --provider gcp` sends it the samples of the project, and then moves the \
         traffic",
    )
}

fn named<'a>(
    name: &str,
    service: &'a Service,
    version: &str,
) -> Result<&'a Revision, ProviderError> {
    let kept = service.kept();
    if let Some(found) = kept.iter().find(|revision| revision.id == version) {
        return Ok(found);
    }
    if service.revision(version).is_some() && !Accepted::read(service).has(version) {
        return Err(never_right(name, version));
    }
    let reason = format!("there is no version `{version}`");
    let there: Vec<&str> = kept.iter().map(|revision| revision.id.as_str()).collect();
    let error = failed(ErrorKind::NotFound, OPERATION, name, reason);
    Err(error.with_hint(format!("versions, newest first: {}", there.join(", "))))
}

fn before<'a>(
    name: &str,
    service: &'a Service,
    traffic: &Traffic,
) -> Result<&'a Revision, ProviderError> {
    service.before(&traffic.live).ok_or_else(|| {
        let reason = format!("there is no version before the live one, `{}`", traffic.live);
        failed(ErrorKind::NotFound, OPERATION, name, reason)
    })
}
