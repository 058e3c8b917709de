//! Moves traffic to a version that exists.

use mlship_core::deployment::{Destination, Route};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use super::apply::move_traffic;
use super::found::{App, Revision};
use super::revision::until_up;
use crate::connect::Cloud;
use crate::error::failed;

/// What is tried here, in words.
pub(super) const OPERATION: &str = "move the traffic of";

/// Moves the traffic of `app`, and says to which version. A version that already has what it is to
/// get is left alone. One that was switched off is switched on first.
pub(super) async fn route(
    cloud: &Cloud,
    name: &str,
    app: &App,
    route: &Route,
) -> Result<String, ProviderError> {
    let Some(traffic) = app.traffic() else {
        let reason = "no version of it was found to be right yet";
        return Err(failed(ErrorKind::NotFound, OPERATION, name, reason));
    };
    let target = match &route.to {
        Destination::Version(version) => named(name, app, version)?,
        // While two versions share it, the one that was there first is the way back.
        Destination::Previous if traffic.is_divided() => named(name, app, &traffic.live)?,
        Destination::Previous => before(name, app, &traffic.live)?,
        Destination::Newest => newest(name, app)?,
    };
    let version = target.stamp.id.clone();
    if traffic.live == version && traffic.beside.is_none() && route.share != Share::ALL {
        return Err(alone(name, &version));
    }
    if !traffic.gives(&version, route.share) {
        let up = until_up(cloud, &app.id, &target.name).await?;
        move_traffic(cloud, app, &up, &traffic.giving(&version, route.share)).await?;
    }
    Ok(version)
}

fn alone(name: &str, version: &str) -> ProviderError {
    let reason = format!("version `{version}` gets all of it, and none is named for the rest");
    let error = failed(ErrorKind::Refused, OPERATION, name, reason);
    error.with_hint("name the version that is to get a part of it")
}

fn newest<'a>(name: &str, app: &'a App) -> Result<&'a Revision, ProviderError> {
    let newest = app.revisions.first();
    newest.ok_or_else(|| failed(ErrorKind::NotFound, OPERATION, name, "there is no version of it"))
}

fn named<'a>(name: &str, app: &'a App, version: &str) -> Result<&'a Revision, ProviderError> {
    let kept = app.kept();
    if let Some(found) = kept.iter().find(|revision| revision.stamp.id == version) {
        return Ok(found);
    }
    let reason = format!("there is no version `{version}`");
    let there: Vec<&str> = kept.iter().map(|revision| revision.stamp.id.as_str()).collect();
    let error = failed(ErrorKind::NotFound, OPERATION, name, reason);
    Err(error.with_hint(format!("versions, newest first: {}", there.join(", "))))
}

fn before<'a>(name: &str, app: &'a App, live: &str) -> Result<&'a Revision, ProviderError> {
    app.before(live).ok_or_else(|| {
        let reason = format!("there is no version before the live one, `{live}`");
        failed(ErrorKind::NotFound, OPERATION, name, reason)
    })
}
