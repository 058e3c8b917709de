//! Moves traffic to a version that exists.

use mlship_core::deployment::{Destination, Route};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use crate::connect::Clients;
use crate::error::{failed, with_hint};
use crate::find::function::{Function, Split};
use crate::make::address::move_alias;

/// What is tried here, in words.
pub(crate) const OPERATION: &str = "move the traffic of";

/// Moves the traffic of `function`, and says to which version.
pub(crate) async fn route(
    clients: &Clients,
    name: &str,
    function: &Function,
    route: &Route,
) -> Result<String, ProviderError> {
    let Some(alias) = &function.alias else {
        let reason = "no version of it gets traffic yet";
        return Err(failed(ErrorKind::NotFound, OPERATION, name, reason));
    };
    let target = match &route.to {
        Destination::Version(version) => named(name, function, version)?,
        Destination::Previous => before(name, function, &alias.version)?,
        Destination::Newest => newest(name, function)?,
    };
    if route.share != Share::ALL {
        let reason = "a part of the traffic cannot be moved yet";
        return Err(failed(ErrorKind::Refused, OPERATION, name, reason));
    }
    if alias.version != target || alias.split != Split::Whole {
        move_alias(clients, name, &target).await?;
    }
    Ok(target)
}

fn newest(name: &str, function: &Function) -> Result<String, ProviderError> {
    let newest = function.versions.last().map(|version| version.number.to_string());
    newest.ok_or_else(|| failed(ErrorKind::NotFound, OPERATION, name, "there is no version of it"))
}

fn named(name: &str, function: &Function, version: &str) -> Result<String, ProviderError> {
    if function.versions.iter().any(|there| there.number.to_string() == version) {
        return Ok(version.to_owned());
    }
    let reason = format!("there is no version `{version}`");
    let there: Vec<String> =
        function.versions.iter().rev().take(10).map(|there| there.number.to_string()).collect();
    let error = failed(ErrorKind::NotFound, OPERATION, name, reason);
    Err(with_hint(error, format!("versions, newest first: {}", there.join(", "))))
}

fn before(name: &str, function: &Function, live: &str) -> Result<String, ProviderError> {
    let live_number: Option<u64> = live.parse().ok();
    let before = function.versions.iter().rev().find(|there| Some(there.number) < live_number);
    before.map(|version| version.number.to_string()).ok_or_else(|| {
        let reason = format!("there is no version before the live one, `{live}`");
        failed(ErrorKind::NotFound, OPERATION, name, reason)
    })
}
