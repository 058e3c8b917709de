//! Moves traffic to a version that exists.

use mlship_core::deployment::{Destination, Route};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use crate::connect::Clients;
use crate::error::failed;
use crate::find::function::{Alias, Function, look};
use crate::make::address::move_alias;

/// What is tried here, in words.
pub(crate) const OPERATION: &str = "move the traffic of";

/// Moves the traffic of `function`, and says to which version. A version that already has what it
/// is to get is left alone.
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
        // While two versions share it, the one that was there first is the way back.
        Destination::Previous if alias.traffic.is_divided() => alias.traffic.live.clone(),
        Destination::Previous => before(name, function, &alias.traffic.live)?,
        Destination::Newest => newest(name, function)?,
    };
    let Alias { traffic, revision } = alias;
    if traffic.live == target && traffic.beside.is_none() && route.share != Share::ALL {
        return Err(alone(name, &target));
    }
    if !traffic.gives(&target, route.share) {
        let then = traffic.giving(&target, route.share);
        match move_alias(clients, name, &then, revision.as_deref()).await {
            // The answer to the first try may have been lost, and the second one found it done.
            Err(error) if error.kind == ErrorKind::Conflict => {
                let now = look(clients, name).await?.and_then(|function| function.alias);
                if now.is_none_or(|alias| alias.traffic != then) {
                    return Err(explain(error));
                }
            }
            outcome => outcome?,
        }
    }
    Ok(target)
}

fn alone(name: &str, version: &str) -> ProviderError {
    let reason = format!("version `{version}` gets all of it, and none is named for the rest");
    let error = failed(ErrorKind::Refused, OPERATION, name, reason);
    error.with_hint("name the version that is to get a part of it")
}

fn explain(error: ProviderError) -> ProviderError {
    error.with_hint(
        "somebody else has moved it; look with `mlship status --provider aws`, then try again",
    )
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
    Err(error.with_hint(format!("versions, newest first: {}", there.join(", "))))
}

fn before(name: &str, function: &Function, live: &str) -> Result<String, ProviderError> {
    let live_number: Option<u64> = live.parse().ok();
    let before = function.versions.iter().rev().find(|there| Some(there.number) < live_number);
    before.map(|version| version.number.to_string()).ok_or_else(|| {
        let reason = format!("there is no version before the live one, `{live}`");
        failed(ErrorKind::NotFound, OPERATION, name, reason)
    })
}
