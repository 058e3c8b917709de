//! What must change so that what exists is what is wanted. Pure.

use mlship_core::plan::Difference;
use mlship_core::provider::ProviderError;

use crate::config::Auth;
use crate::error::foreign;
use crate::find::function::{Function, Published, Split};
use crate::find::store::Store;
use crate::find::{Existing, Ownership};
use crate::image;
use crate::names::{self, Account, Statement};
use crate::wanted::{RunAs, StoreOwner, Wanted};

/// One change, carried out by one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    CreateRole,
    PutRolePolicy(Was),
    CreateLogGroup,
    CreateBucket,
    ClosePublicAccess,
    UploadObject,
    CreateRepository,
    PutLifecycle(Was),
    PutPullPolicy(Was),
    UploadImage,
    CreateFunction,
    UpdateSettings(Vec<Difference>),
    UpdateCode,
    Publish,
    /// Checks the version and moves the traffic to it.
    Promote {
        /// Where the traffic goes now.
        from: Option<String>,
        /// Where it will go; `None` for the version that [`Change::Publish`] makes.
        to: Option<String>,
    },
    CreateAddress,
    UpdateAddress,
    Allow(Statement),
    Forbid(Statement),
    Tag(Vec<Difference>),
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
    changes.extend(traffic(function, to));
    changes.extend(address(function, wanted.auth));
    changes.extend(tags(function, wanted));
    Ok(changes)
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
        let policy = account.logs_policy(&wanted.name);
        match &existing.role {
            None => changes.extend([Change::CreateRole, Change::PutRolePolicy(Was::Absent)]),
            Some(role) if role.ownership == Ownership::Foreign => {
                return Err(foreign("use the role", "role", &names::role(&wanted.name)));
            }
            Some(role) => match &role.logs_policy {
                None => changes.push(Change::PutRolePolicy(Was::Absent)),
                Some(found) if *found != policy => {
                    changes.push(Change::PutRolePolicy(Was::Different));
                }
                Some(_) => {}
            },
        }
    }
    if existing.log_group.is_none() {
        changes.push(Change::CreateLogGroup);
    }
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

fn traffic(function: Option<&Function>, to: Option<String>) -> Option<Change> {
    let alias = function.and_then(|function| function.alias.as_ref());
    let there = alias
        .is_some_and(|alias| alias.split == Split::Whole && to.as_ref() == Some(&alias.version));
    let from = alias.map(|alias| alias.version.clone());
    (!there).then_some(Change::Promote { from, to })
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
