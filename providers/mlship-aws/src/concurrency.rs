//! What must change in how many instances may run at once and how many are kept ready. Pure.

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::error::failed;
use crate::find::concurrency::{Concurrency, PROVISIONED};
use crate::find::function::Function;
use crate::plan::Change;
use crate::wanted::Wanted;

/// The change of the reservation.
pub(crate) fn reserve(function: Option<&Function>, wanted: &Wanted) -> Option<Change> {
    let now = now(function).reserved;
    (now != wanted.concurrency.reserved).then_some(Change::Reserve(now))
}

/// What is to be done about instances kept ready: before the traffic moves, and after it. `to` is
/// the version that the traffic moves to, if it is there. AWS takes no such setting for an alias
/// whose traffic is divided.
pub(crate) fn provision(
    function: Option<&Function>,
    wanted: &Wanted,
    to: Option<&str>,
) -> Result<(Option<Change>, Option<Change>), ProviderError> {
    let now = now(function).provisioned;
    let then = wanted.concurrency.provisioned;
    if now == then {
        return Ok((None, None));
    }
    let change = Change::Provision(now);
    if then.is_none() {
        return Ok((Some(change), None));
    }
    let alias = function.and_then(|function| function.alias.as_ref());
    let traffic = alias.map(|alias| alias.traffic.giving(to.unwrap_or_default(), wanted.share));
    if traffic.is_some_and(|traffic| traffic.beside.is_some()) {
        let reason = format!("`{PROVISIONED}` cannot be changed while the traffic is divided");
        let error = failed(ErrorKind::Refused, "deploy", &wanted.name, reason);
        let hint = "give one version all traffic first, or leave that setting as it is for now";
        return Err(error.with_hint(hint));
    }
    Ok((None, Some(change)))
}

fn now(function: Option<&Function>) -> Concurrency {
    function.map(|function| function.concurrency).unwrap_or_default()
}
