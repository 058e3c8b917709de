//! Goes to a version whose image is kept.

use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use super::Group;
use super::body::{Told, again, fetches};
use super::plan::indivisible;
use super::replace::Replacing;
use crate::blob::Store;
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::{Images, Pull};
use crate::ledger::Ledger;
use crate::names::MODELS;
use crate::stamp::Stamp;
use crate::surroundings::storage_id;

/// What is tried here, in words.
pub(super) const OPERATION: &str = "move the traffic of";

/// Makes the version that is asked for the live one, and says which it is. One that is live already
/// is left alone, unless another one may be running in its place.
pub(super) async fn route(
    cloud: &Cloud,
    group: &Group,
    route: &Route,
) -> Result<String, ProviderError> {
    let (name, ledger) = (&group.place.service, group.ledger());
    if route.share != Share::ALL {
        return Err(indivisible(OPERATION, name, route.share));
    }
    let target = target(name, &ledger, &route.to)?;
    if ledger.trial.is_none() && ledger.live.as_ref().is_some_and(|live| live.is(&target)) {
        return Ok(target.id.clone());
    }
    let images = Images::locate(cloud, &group.place).await?;
    let id = target.id.clone();
    let Some(pull) = images.kept(cloud, &id).await? else {
        let reason = format!("the image of version `{id}` is not kept any more");
        let error = failed(ErrorKind::NotFound, OPERATION, name, reason);
        return Err(error.with_hint("deploy it again with `mlship deploy --provider azure`"));
    };
    let models = match fetches(&group.found) {
        true => {
            let account = storage_id(&group.place, &cloud.config);
            Some(Store::open(cloud, &account).await?.readable(MODELS, None))
        }
        false => None,
    };
    let replacing = Replacing {
        cloud,
        group: &group.id,
        images: &images,
        ledger: &ledger,
        told: &Told { key: Told::key_of(&group.found), models },
        body: &|pull: &Pull| again(&group.found, pull),
        progress: &Silent,
    };
    replacing.with(target, &pull, &[]).await?;
    Ok(id)
}

fn target(name: &str, ledger: &Ledger, to: &Destination) -> Result<Stamp, ProviderError> {
    let absent = |reason: String| failed(ErrorKind::NotFound, OPERATION, name, reason);
    let found = match to {
        Destination::Previous => ledger.back().cloned(),
        Destination::Newest => {
            ledger.versions().first().and_then(|version| ledger.named(&version.id)).cloned()
        }
        Destination::Version(id) => ledger.named(id).cloned(),
    };
    found.ok_or_else(|| match to {
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
