//! Moves the traffic to another version that exists.

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::Clients;
use crate::error::{failed, with_hint};
use crate::find::function::{Function, Split};
use crate::make::address::move_alias;

const OPERATION: &str = "roll back";

/// Moves the traffic of `function` to `version`, or to the one before the live one.
pub(crate) async fn rollback(
    clients: &Clients,
    name: &str,
    function: &Function,
    version: Option<&str>,
) -> Result<(), ProviderError> {
    let Some(alias) = &function.alias else {
        let reason = "no version of it gets traffic yet";
        return Err(failed(ErrorKind::NotFound, OPERATION, name, reason));
    };
    let target = match version {
        Some(version) => named(name, function, version)?,
        None => before(name, function, &alias.version)?,
    };
    if alias.version == target && alias.split == Split::Whole {
        return Ok(());
    }
    move_alias(clients, name, &target).await
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
