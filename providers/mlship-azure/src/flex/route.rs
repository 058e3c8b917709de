//! Goes to a version whose package is kept.

use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use super::App;
use super::plan::indivisible;
use super::publish::Package;
use super::replace::Replacing;
use super::wanted::package;
use crate::blob::Store;
use crate::connect::Cloud;
use crate::error::failed;
use crate::ledger::Ledger;
use crate::names::PACKAGES;
use crate::stamp::Stamp;
use crate::surroundings::storage_id;

/// What is tried here, in words.
pub(super) const OPERATION: &str = "move the traffic of";

/// How often it is tried while the app takes another package.
const ROUNDS: u32 = 8;

/// Makes the version that is asked for the live one, and says which it is. One that is live already
/// is left alone, unless another one may be running in its place.
pub(super) async fn route(
    cloud: &Cloud,
    app: &App,
    route: &Route,
) -> Result<String, ProviderError> {
    let (name, ledger) = (&app.place.service, app.ledger());
    if route.share != Share::ALL {
        return Err(indivisible(OPERATION, name, route.share));
    }
    let target = target(name, &ledger, &route.to)?;
    if ledger.trial.is_none() && ledger.live.as_ref().is_some_and(|live| live.is(&target)) {
        return Ok(target.id.clone());
    }
    let store = &Store::open(cloud, &storage_id(&app.place, &cloud.config)).await?;
    let replacing = Replacing {
        cloud,
        app: &app.id,
        found: &app.found,
        ledger: &ledger,
        store,
        progress: &Silent,
    };
    let (id, kept) = (target.id.clone(), package(&target.package_sha256));
    if store.length(PACKAGES, &kept).await?.is_none() {
        let reason = format!("the package of version `{id}` is not kept any more");
        let error = failed(ErrorKind::NotFound, OPERATION, name, reason);
        return Err(error.with_hint("deploy it again with `mlship deploy --provider azure`"));
    }
    for round in 1.. {
        match replacing.with(target.clone(), Package::Kept(store, &kept), &[]).await {
            // The app may still be taking the package of a run that was cut.
            Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                tokio::time::sleep(cloud.pace().poll).await;
            }
            outcome => return outcome.map(|()| id),
        }
    }
    Ok(id)
}

fn target(name: &str, ledger: &Ledger, to: &Destination) -> Result<Stamp, ProviderError> {
    let absent = |reason: String| failed(ErrorKind::NotFound, OPERATION, name, reason);
    match to {
        Destination::Previous => ledger.back().cloned(),
        Destination::Newest => {
            ledger.versions().first().and_then(|version| ledger.named(&version.id)).cloned()
        }
        Destination::Version(id) => ledger.named(id).cloned(),
    }
    .ok_or_else(|| match to {
        Destination::Version(id) => {
            let there: Vec<String> =
                ledger.versions().into_iter().map(|version| version.id).collect();
            let error = absent(format!("there is no version `{id}`"));
            error.with_hint(format!("versions, newest first: {}", there.join(", ")))
        }
        Destination::Previous => absent("there is no version before the live one".to_owned()),
        Destination::Newest => absent("no version of it is live yet".to_owned()),
    })
}
