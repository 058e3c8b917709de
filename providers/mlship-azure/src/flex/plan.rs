//! What must change so that what exists is what is wanted. Pure.

use mlship_core::plan::{Plan, Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;

use super::existing::{Existing, Kept};
use super::wanted::Wanted;
use crate::access;
use crate::error::failed;
use crate::names::{MODELS, PACKAGES};
use crate::resource::differ;

/// One change, carried out by one function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Makes something around the app, by its place in the list.
    Around(usize),
    /// Sends a file to be fetched, by its place in the list.
    Model(usize),
    App,
    Package,
    /// Puts the version in the place of what runs, checks it, and makes it the live one.
    Replace,
}

/// The changes, in the order they are to be made.
pub(super) fn changes(
    existing: &Existing,
    wanted: &Wanted<'_>,
) -> Result<Vec<Change>, ProviderError> {
    let around = existing.around.iter().enumerate();
    let around = around.filter(|(_, one)| one.step().is_some());
    let mut changes: Vec<Change> = around.map(|(at, _)| Change::Around(at)).collect();
    changes.extend(existing.missing.iter().map(|at| Change::Model(*at)));
    changes.extend(existing.app.step().map(|_| Change::App));
    if !runs(existing, wanted) {
        refuse_share(existing, wanted)?;
        changes.extend((existing.package == Kept::No).then_some(Change::Package));
        changes.push(Change::Replace);
    }
    Ok(changes)
}

/// Whether the version is live, and nothing else may be running in its place.
fn runs(existing: &Existing, wanted: &Wanted<'_>) -> bool {
    let ledger = &existing.ledger;
    ledger.trial.is_none() && ledger.live.as_ref().is_some_and(|live| live.id == wanted.id)
}

/// The first version gets all traffic, whatever share is asked for: there is no other.
fn refuse_share(existing: &Existing, wanted: &Wanted<'_>) -> Result<(), ProviderError> {
    match wanted.release.share {
        Share::ALL => Ok(()),
        _ if existing.ledger.live.is_none() => Ok(()),
        share => Err(indivisible("deploy", &wanted.place.service, share)),
    }
}

/// The refusal to divide the traffic.
pub(super) fn indivisible(operation: &str, name: &str, share: Share) -> ProviderError {
    let reason = format!(
        "{share} of the traffic cannot be given to a version: kind `functions-flex` runs one at a \
         time"
    );
    let error = failed(ErrorKind::Refused, operation, name, reason);
    error.with_hint("set `kind: container-apps`, which divides traffic between versions")
}

/// The changes in the words of a plan.
pub(super) fn steps(existing: &Existing, wanted: &Wanted<'_>, changes: &[Change]) -> Plan {
    Plan { steps: changes.iter().filter_map(|change| step(existing, wanted, *change)).collect() }
}

fn step(existing: &Existing, wanted: &Wanted<'_>, change: Change) -> Option<Step> {
    let artifact = &wanted.release.artifact;
    let name = existing.app.resource.id.name().to_owned();
    let of = |verb, resource: &str, name, differences| {
        Some(Step { verb, resource: resource.to_owned(), name, differences })
    };
    match change {
        Change::Around(at) => existing.around[at].step(),
        Change::Model(at) => {
            let file = wanted.fetched[at];
            let differences = vec![
                differ("file", None, Some(&file.name)),
                differ("sha256", None, Some(&file.sha256)),
                differ("bytes", None, Some(&file.bytes.to_string())),
            ];
            of(Verb::Upload, "model", format!("{MODELS}/{}", file.sha256), differences)
        }
        Change::App => existing.app.step(),
        Change::Package => {
            let bytes = artifact.packed_bytes.to_string();
            let differences = vec![
                differ("content-sha256", None, Some(&artifact.content_sha256)),
                differ("bytes", None, Some(&bytes)),
            ];
            of(Verb::Upload, "package", format!("{PACKAGES}/{}", wanted.package()), differences)
        }
        Change::Replace => {
            let ledger = &existing.ledger;
            let live = ledger.live.as_ref();
            let id = live.map(|live| live.id.as_str());
            let version = differ("version", id, Some(&wanted.id));
            let access = access::change(live.map(|live| live.access), wanted.access);
            let differences = [version].into_iter().chain(access).collect();
            of(Verb::Promote, "app", name, differences)
        }
    }
}
