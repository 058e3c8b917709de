//! Puts another version where the traffic goes: by a swap when the slot holds it, else its kept
//! package or image is put into the slot first. Nothing is built or sent.

use mlship_core::deployment::{Destination, Route};
use mlship_core::progress::Silent;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use crate::blob::Store;
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::{Image, Images, Right};
use crate::ledger::Ledger;
use crate::names::PACKAGES;
use crate::sizes::Tier;
use crate::stamp::Stamp;
use crate::surroundings::storage_id;

use super::bodies::Where;
use super::changes::wrong;
use super::look::App;
use super::place::{Code, Place};
use super::program::{Models, Names, Program};
use super::promote::{Trial, swap};
use super::wanted::undivided;

const OPERATION: &str = "move the traffic of";

/// Moves it, and says which version was live before and which is now.
pub(crate) async fn route(
    cloud: &Cloud,
    names: &Names,
    app: &App,
    route: &Route,
) -> Result<(Stamp, Stamp), ProviderError> {
    let service = &names.place.service;
    if route.share != Share::ALL {
        return Err(undivided(names, OPERATION, service));
    }
    let ledger = app.ledger();
    let Some(live) = ledger.live.clone() else {
        let reason = "no version of it gets traffic yet";
        return Err(failed(ErrorKind::NotFound, OPERATION, service, reason));
    };
    let to = target(&ledger, &route.to, service)?;
    if to.is(&live) {
        return Ok((live, to));
    }
    let program = Program {
        // Who may call is a part of the version.
        names: Names { access: to.access, ..names.clone() },
        tier: tier(app),
        stamp: to.clone(),
        repository: None,
        models: Models::Unknown,
    };
    let program = into_slot(cloud, app, program).await?;
    let trial = Trial { cloud, names: &program.names, progress: &Silent };
    trial.check(Where::Next, None).await?;
    swap(cloud, names, &Silent).await?;
    trial.settle(&ledger, &to).await?;
    Ok((live, to))
}

/// Which version it is.
fn target(ledger: &Ledger, to: &Destination, service: &str) -> Result<Stamp, ProviderError> {
    let not_found = |reason: String| failed(ErrorKind::NotFound, OPERATION, service, reason);
    let known = ledger.versions();
    match to {
        Destination::Previous => ledger
            .way_back()
            .cloned()
            .ok_or_else(|| not_found("there is no version before the live one".to_owned())),
        Destination::Newest => {
            let newest = known.first().and_then(|version| ledger.named(&version.id));
            newest.cloned().ok_or_else(|| not_found("there is no version of it".to_owned()))
        }
        Destination::Version(id) => ledger.named(id).cloned().ok_or_else(|| {
            let there: Vec<String> = known.into_iter().map(|version| version.id).collect();
            let error = not_found(format!("there is no version `{id}`"));
            error.with_hint(format!("versions, newest first: {}", there.join(", ")))
        }),
    }
}

/// Makes sure that the slot runs this version, out of what is kept of it.
async fn into_slot(
    cloud: &Cloud,
    app: &App,
    mut program: Program,
) -> Result<Program, ProviderError> {
    let names = program.names.clone();
    let code = match names.package {
        crate::config::Package::Zip => Code::Package,
        crate::config::Package::Image => {
            let images = Images::locate(cloud, &names.place).await?;
            program.repository = Some(images.repository.clone());
            kept_image(cloud, &images, &program.stamp).await?
        }
    };
    let Some(slot) = &app.slot else {
        let reason = format!("the slot `{}` is not there any more", crate::names::SLOT);
        let error = failed(ErrorKind::NotFound, OPERATION, &names.place.service, reason);
        return Err(error.with_hint("deploy the version again"));
    };
    if wrong(app, slot, &program, Where::Next).is_empty() {
        return Ok(program);
    }
    if code == Code::Package {
        kept_package(cloud, &program).await?;
    }
    let app = Some(app);
    let place = Place { cloud, program: &program, app, at: Where::Next, progress: &Silent };
    place.deploy(&code).await?;
    Ok(program)
}

async fn kept_package(cloud: &Cloud, program: &Program) -> Result<(), ProviderError> {
    let store = Store::open(cloud, &storage_id(&program.names.place, &cloud.config)).await?;
    let name = program.names.package_name(&program.stamp);
    match store.length(PACKAGES, &name).await? {
        Some(_) => Ok(()),
        None => Err(gone(&program.stamp, &program.names.place.service)),
    }
}

async fn kept_image(cloud: &Cloud, images: &Images, stamp: &Stamp) -> Result<Code, ProviderError> {
    let digest = format!("sha256:{}", stamp.package_sha256);
    let image = Image { layout: Default::default(), digest, tag: stamp.id.clone(), base: None };
    let looked = images.look(cloud, &image).await?;
    if looked.digest() != Some(image.digest.as_str()) {
        return Err(gone(stamp, &images.repository));
    }
    let pull = images.pull(&looked, &stamp.id, Right::Known)?;
    Ok(Code::Image { fx: format!("DOCKER|{}", pull.image), client: pull.client_id })
}

fn gone(stamp: &Stamp, what: &str) -> ProviderError {
    let reason = format!("what version `{}` ran is not kept any more", stamp.id);
    failed(ErrorKind::NotFound, OPERATION, what, reason).with_hint("deploy it again")
}

/// The tier of the plan that the app runs on, as far as its settings differ by it.
fn tier(app: &App) -> Tier {
    match app.site.found["properties"]["sku"].as_str() {
        Some("ElasticPremium") => Tier::ElasticPremium,
        _ => Tier::Standard,
    }
}
