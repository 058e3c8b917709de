//! What must change so that what exists is what is wanted. Pure.

use mlship_core::plan::Difference;
use mlship_core::provider::ProviderError;
use mlship_core::share::Share;
use serde_json::Value;

use crate::concurrency;
use crate::config::Auth;
use crate::error::foreign;
use crate::find::function::{Alias, Function, Published};
use crate::find::store::Store;
use crate::find::{Existing, Ownership};
use crate::image;
use crate::models::readable;
use crate::names::{self, Account, Statement};
use crate::wanted::{RunAs, StoreOwner, Wanted};

/// One change, carried out by one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    CreateRole,
    PutRolePolicy(Was, Value),
    CreateLogGroup,
    CreateBucket,
    ClosePublicAccess,
    UploadObject,
    /// Sends one of the wanted model files, by its place in the list.
    UploadModel(usize),
    CreateRepository,
    PutLifecycle(Was),
    PutPullPolicy(Was),
    UploadImage,
    CreateFunction,
    UpdateSettings(Vec<Difference>),
    UpdateCode,
    Publish,
    /// Checks the version and moves the traffic to it, or a part of it.
    Promote {
        /// Where the traffic goes now.
        from: Option<Alias>,
        /// Where it will go; `None` for the version that [`Change::Publish`] makes.
        to: Option<String>,
    },
    CreateAddress,
    UpdateAddress,
    Allow(Statement),
    Forbid(Statement),
    Tag(Vec<Difference>),
    /// Sets instances aside, or no longer; from so many.
    Reserve(Option<i32>),
    /// Keeps instances ready, or no longer; from so many.
    Provision(Option<i32>),
}

/// Whether a thing to be written was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Was {
    Absent,
    Different,
}

/// The changes, in the order they are to be made.
pub(crate) fn changes(
    existing: &Existing,
    wanted: &Wanted,
    account: &Account,
) -> Result<Vec<Change>, ProviderError> {
    if let Some(function) = &existing.function {
        image::keeps_package(function, wanted)?;
    }
    let mut changes = surroundings(existing, wanted, account)?;
    changes.extend(image::changes(existing.repository.as_ref(), wanted)?);
    let function = existing.function.as_ref();
    let matching = function.and_then(|function| newest_that_runs(function, wanted));
    if matching.is_none() {
        changes.extend(code(existing, wanted));
        changes.push(Change::Publish);
    }
    let to = matching.map(|version| version.number.to_string());
    let (unprovision, provision) = concurrency::provision(function, wanted, to.as_deref())?;
    changes.extend(unprovision);
    changes.extend(traffic(function, to, wanted.share));
    changes.extend(address(function, wanted.auth));
    changes.extend(tags(function, wanted));
    changes.extend(concurrency::reserve(function, wanted));
    changes.extend(provision);
    once(&mut changes);
    Ok(changes)
}

/// The zip and the models go through one bucket, which is made once.
fn once(changes: &mut Vec<Change>) {
    for change in [Change::CreateBucket, Change::ClosePublicAccess] {
        let first = changes.iter().position(|one| *one == change);
        let mut at = 0..;
        changes.retain(|one| at.next() == first || *one != change);
    }
}

/// The live version, or else the newest one, that runs what is wanted with the wanted settings.
fn newest_that_runs<'f>(function: &'f Function, wanted: &Wanted) -> Option<&'f Published> {
    let newest_first = function.versions.iter().rev();
    function.live().into_iter().chain(newest_first).find(|version| {
        let settings = version.setup.differences_to(&wanted.setup).is_empty();
        // The same contents may be packed otherwise; an image is more than its contents.
        let contents = wanted.image.is_none()
            && version.stamp.content_sha256.as_ref() == Some(&wanted.content_sha256)
            && version.setup.architecture == wanted.setup.architecture;
        settings && (contents || !version.setup.code_differs_from(&wanted.setup))
    })
}

fn surroundings(
    existing: &Existing,
    wanted: &Wanted,
    account: &Account,
) -> Result<Vec<Change>, ProviderError> {
    let mut changes = Vec::new();
    if wanted.run_as == RunAs::Own {
        let function = existing.function.as_ref();
        let readable = readable(&wanted.setup.models, function, account, &wanted.name);
        let policy = account.policy(&wanted.name, &readable);
        match &existing.role {
            None => {
                changes.extend([Change::CreateRole, Change::PutRolePolicy(Was::Absent, policy)])
            }
            Some(role) if role.ownership == Ownership::Foreign => {
                return Err(foreign("use the role", "role", &names::role(&wanted.name)));
            }
            Some(role) => match &role.policy {
                None => changes.push(Change::PutRolePolicy(Was::Absent, policy)),
                Some(found) if *found != policy => {
                    changes.push(Change::PutRolePolicy(Was::Different, policy));
                }
                Some(_) => {}
            },
        }
    }
    if existing.log_group.is_none() {
        changes.push(Change::CreateLogGroup);
    }
    changes.extend(models(existing, wanted));
    Ok(changes)
}

fn code(existing: &Existing, wanted: &Wanted) -> Vec<Change> {
    let Some(function) = &existing.function else {
        let mut changes = upload(existing, wanted);
        changes.push(Change::CreateFunction);
        return changes;
    };
    let mut changes = Vec::new();
    let differences = function.latest.differences_to(&wanted.setup);
    if !differences.is_empty() {
        changes.push(Change::UpdateSettings(differences));
    }
    if function.latest.code_differs_from(&wanted.setup) {
        changes.extend(upload(existing, wanted));
        changes.push(Change::UpdateCode);
    }
    changes
}

fn upload(existing: &Existing, wanted: &Wanted) -> Vec<Change> {
    let (Some(place), Some(store)) = (&wanted.place, existing.store) else { return Vec::new() };
    match (store, place.owner) {
        (Store::Absent, StoreOwner::Mlship) => {
            vec![Change::CreateBucket, Change::ClosePublicAccess, Change::UploadObject]
        }
        (Store::Open, StoreOwner::Mlship) => vec![Change::ClosePublicAccess, Change::UploadObject],
        (Store::Filled, _) => Vec::new(),
        _ => vec![Change::UploadObject],
    }
}

/// The files come before any version that fetches them.
fn models(existing: &Existing, wanted: &Wanted) -> Vec<Change> {
    let Some(files) = &existing.models else { return Vec::new() };
    let mut changes = match (files.bucket, wanted.bucket.owner) {
        (Store::Absent, StoreOwner::Mlship) => {
            vec![Change::CreateBucket, Change::ClosePublicAccess]
        }
        (Store::Open, StoreOwner::Mlship) => vec![Change::ClosePublicAccess],
        _ => Vec::new(),
    };
    changes.extend(files.missing.iter().map(|at| Change::UploadModel(*at)));
    changes
}

/// The very first version gets everything, whatever share is asked for: there is no other.
fn traffic(function: Option<&Function>, to: Option<String>, share: Share) -> Option<Change> {
    let alias = function.and_then(|function| function.alias.as_ref());
    let there = match (alias, &to) {
        (Some(alias), Some(to)) => alias.traffic.giving(to, share) == alias.traffic,
        _ => false,
    };
    (!there).then_some(Change::Promote { from: alias.cloned(), to })
}

fn address(function: Option<&Function>, auth: Auth) -> Vec<Change> {
    let address = function.and_then(|function| function.address.as_ref());
    let statements = function.map(|function| function.statements.as_slice()).unwrap_or_default();
    let mut changes = Vec::new();
    match address {
        None => changes.push(Change::CreateAddress),
        Some(address) if address.auth != auth => changes.push(Change::UpdateAddress),
        Some(_) => {}
    }
    for statement in Statement::ALL {
        match (auth, statements.contains(&statement)) {
            (Auth::None, false) => changes.push(Change::Allow(statement)),
            (Auth::Iam, true) => changes.push(Change::Forbid(statement)),
            _ => {}
        }
    }
    changes
}

fn tags(function: Option<&Function>, wanted: &Wanted) -> Option<Change> {
    // A new function is made with its tags.
    let tags = &function?.tags;
    let differences: Vec<Difference> = wanted
        .lasting_tags()
        .filter(|(key, value)| tags.get(*key) != Some(value))
        .map(|(key, value)| Difference {
            field: key.clone(),
            from: tags.get(key).cloned(),
            to: Some(value.clone()),
        })
        .collect();
    (!differences.is_empty()).then_some(Change::Tag(differences))
}
