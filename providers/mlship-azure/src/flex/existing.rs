//! What exists at Azure for a service. Reads only.

use mlship_core::provider::{ErrorKind, ProviderError};

use super::site::{self, CONTAINERS, TIER};
use super::wanted::Wanted;
use crate::blob::Store;
use crate::connect::Cloud;
use crate::error::failed;
use crate::functions::Settings;
use crate::ledger::Ledger;
use crate::names::{MODELS, PACKAGES};
use crate::resource::Standing;
use crate::surroundings::{self, Global, Looked, Plans};

/// Everything that a plan depends on.
#[derive(Debug)]
pub(super) struct Existing {
    /// What is around the app, in the order in which it is made.
    pub(super) around: Vec<Looked>,
    pub(super) app: Looked,
    pub(super) ledger: Ledger,
    /// The app's settings; none without an app.
    pub(super) settings: Settings,
    /// What they should be; unknown until the things are there that they name.
    pub(super) wanted_settings: Option<Settings>,
    /// Which of the files to be fetched are not in storage, by their place in the list.
    pub(super) missing: Vec<usize>,
    /// Whether the package is kept already.
    pub(super) package: Kept,
}

/// Whether a package is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    Yes,
    No,
}

/// How often it is looked again when something appears on the way.
const LOOKS: u32 = 5;

/// Looks at everything that `wanted` is made of, and refuses what cannot be made.
pub(super) async fn look(cloud: &Cloud, wanted: &Wanted<'_>) -> Result<Existing, ProviderError> {
    for _ in 1..LOOKS {
        match look_once(cloud, wanted).await {
            Err(error) if error.reason == surroundings::MADE_MEANWHILE => {
                tokio::time::sleep(cloud.pace().poll).await;
            }
            outcome => return outcome,
        }
    }
    look_once(cloud, wanted).await
}

async fn look_once(cloud: &Cloud, wanted: &Wanted<'_>) -> Result<Existing, ProviderError> {
    let config = &cloud.config;
    surroundings::refuse_absent_group(cloud, &wanted.place).await?;
    let around = surroundings::look(&cloud.arm, around(cloud, wanted)).await?;
    let storage = surroundings::storage_id(&wanted.place, config);
    let at = |id: &crate::arm::Id| around.iter().find(|one| one.resource.id == *id);
    let store = match at(&storage).and_then(|one| one.found.as_ref()) {
        Some(found) => Some(Store::of(cloud, &storage, found).await?),
        None => None,
    };
    let packages = store.as_ref().map(site::own_packages).unwrap_or_default();
    let app = site::app(wanted, config, &packages, None);
    let mut app = surroundings::look(&cloud.arm, [app]).await?.remove(0);
    for one in around.iter().chain([&app]) {
        refuse(cloud, one).await?;
    }
    let insights = surroundings::insights_id(&wanted.place);
    let logs = at(&insights).and_then(|one| one.found.as_ref());
    let logs = logs.and_then(|found| found["properties"]["ConnectionString"].as_str());
    let wanted_settings =
        store.as_ref().zip(logs).map(|(store, logs)| site::settings(wanted, store, logs));
    let mut settings = Settings::default();
    if app.found.is_some() {
        settings = Settings::read(&cloud.arm, &app.resource.id).await?;
        let none = Settings::default();
        let differences = settings.differences_to(wanted_settings.as_ref().unwrap_or(&none));
        app.standing = also(app.standing, differences);
    }
    let ledger = app.found.as_ref().map(Ledger::of).unwrap_or_default();
    let (missing, package) = kept(wanted, store.as_ref()).await?;
    Ok(Existing { around, app, ledger, settings, wanted_settings, missing, package })
}

/// What is around the app.
fn around(cloud: &Cloud, wanted: &Wanted<'_>) -> Vec<crate::resource::Resource> {
    let (place, config) = (&wanted.place, &cloud.config);
    let storage = surroundings::storage(place, config);
    let models = (!wanted.fetched.is_empty()).then_some(MODELS);
    let containers: Vec<_> = CONTAINERS
        .into_iter()
        .chain(models)
        .map(|name| surroundings::container(&storage.id, name))
        .collect();
    let logs = [surroundings::workspace(place, config), surroundings::insights(place, config)];
    let mut all: Vec<_> = surroundings::group(place, config).into_iter().collect();
    all.push(storage);
    all.extend(containers);
    all.extend(logs);
    all.push(site::plan(wanted, config));
    all
}

/// Better refused before anything is made.
async fn refuse(cloud: &Cloud, looked: &Looked) -> Result<(), ProviderError> {
    match looked.resource.noun {
        "storage account" => surroundings::refuse_taken(cloud, looked, Global::STORAGE).await,
        "app" => match &looked.found {
            Some(found) if found["properties"]["functionAppConfig"].is_null() => {
                Err(other_kind("use the app", looked))
            }
            _ => surroundings::refuse_taken(cloud, looked, Global::SITE).await,
        },
        "plan" => match &looked.found {
            None => surroundings::refuse_region(cloud, Plans(TIER)).await,
            Some(found) if found["sku"]["tier"] != TIER => Err(other_kind("use the plan", looked)),
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Azure moves no app to this plan, nor from it.
fn other_kind(operation: &str, looked: &Looked) -> ProviderError {
    let reason = "the app was made with another `kind`";
    let error = failed(ErrorKind::Refused, operation, looked.resource.id.name(), reason);
    let hint = "remove it first with `mlship destroy --provider azure`, or set the `kind` that it \
                was made with";
    error.with_hint(hint)
}

/// What differs, with settings that differ.
fn also(standing: Standing, more: Vec<mlship_core::plan::Difference>) -> Standing {
    match standing {
        _ if more.is_empty() => standing,
        Standing::Same => Standing::Different(more),
        Standing::Different(mut all) => {
            all.extend(more);
            Standing::Different(all)
        }
        other => other,
    }
}

/// Which files to be fetched are missing, and whether the package is there.
async fn kept(
    wanted: &Wanted<'_>,
    store: Option<&Store>,
) -> Result<(Vec<usize>, Kept), ProviderError> {
    let Some(store) = store else {
        return Ok(((0..wanted.fetched.len()).collect(), Kept::No));
    };
    let mut missing = Vec::new();
    for (at, file) in wanted.fetched.iter().enumerate() {
        if store.length(MODELS, &file.sha256).await? != Some(file.bytes) {
            missing.push(at);
        }
    }
    let length = store.length(PACKAGES, &wanted.package()).await?;
    let there = length == Some(wanted.release.artifact.packed_bytes);
    Ok((missing, if there { Kept::Yes } else { Kept::No }))
}
