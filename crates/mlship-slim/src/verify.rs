//! Proof that smaller packages answer as the installed ones did, where those cannot be reached.

mod bisect;
mod compare;
mod isolation;
mod malformed;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

pub(crate) use bisect::{Plan, Search, least};
pub use bisect::{PutBack, Step};
pub use compare::Difference;
pub use isolation::Isolation;
pub(crate) use malformed::malformed;

use crate::elf::Dynamic;
use crate::error::SlimError;
use crate::keep::Keep;
use crate::modules::is_library;
use crate::platform::{Architecture, Glibc};
use crate::probe::{Handler, Outcome, Probe, Purpose, Request};
use crate::python::Python;
use crate::tree::Tree;

/// What the installed packages answered.
#[derive(Debug)]
pub(crate) struct Baseline<'a> {
    pub(crate) python: &'a Python,
    pub(crate) handler: &'a Handler,
    /// How long it may take to load, and for each request.
    pub(crate) patience: Duration,
    /// The packages as they were installed, and where they were run.
    pub(crate) installed: [&'a Path; 2],
    /// Requests that were watched, and what was answered.
    pub(crate) watched: (Vec<&'a Request>, &'a Outcome),
    /// Requests that were not, which get a process of their own.
    pub(crate) held_out: (Vec<&'a Request>, &'a Outcome),
}

/// What a proof showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Samples that were answered as before.
    pub samples: usize,
    /// Requests that nothing was kept for, and that were answered as before.
    pub held_out: usize,
    /// Wrong requests that were refused as before.
    pub malformed: usize,
    /// Requests to which the installed packages answer differently each time: of those only
    /// whether they are answered was compared.
    pub unsteady: Vec<String>,
    /// How far the proof was from the rest of the machine.
    pub isolation: Isolation,
    /// The newest version of the C library that a kept library asks for.
    pub glibc: Option<Glibc>,
    /// What was put back until the answers were equal.
    pub put_back: Vec<PutBack>,
    /// The architecture of the machine that proved it: where it is not the target's, the same
    /// versions were proven there and not these files.
    pub verified_on: Option<Architecture>,
    /// Files that were used there and have no counterpart among the target's.
    pub not_carried_over: Vec<String>,
}

/// What a run of the smaller packages differs in; nothing when it proves them.
pub(crate) fn differences(
    baseline: &Baseline<'_>,
    packages: &Path,
    isolation: Isolation,
    work: &Path,
) -> Result<Vec<Difference>, SlimError> {
    let mut found = Vec::new();
    for (requests, before) in [&baseline.watched, &baseline.held_out] {
        if requests.is_empty() {
            continue;
        }
        let probe = Probe {
            python: baseline.python,
            handler: baseline.handler,
            tree: packages,
            requests: requests.clone(),
            guard: true,
            patience: baseline.patience,
        };
        let words = isolation.words(packages, baseline.installed[0])?;
        let after = probe.run(work, &words)?;
        let places = baseline.installed.map(Path::to_owned);
        found.extend(compare::compare(before, &after, packages, &places));
    }
    Ok(found)
}

impl Verification {
    /// A proof that went well.
    pub(crate) fn of(
        baseline: &Baseline<'_>,
        isolation: Isolation,
        put_back: Vec<PutBack>,
    ) -> Self {
        let all = baseline.watched.0.iter().chain(&baseline.held_out.0);
        let count = |purpose: Purpose| all.clone().filter(|one| one.purpose == purpose).count();
        let outcomes = [baseline.watched.1, baseline.held_out.1];
        let unsteady = outcomes.into_iter().flat_map(compare::unsteady).collect();
        Self {
            samples: count(Purpose::Sample),
            held_out: count(Purpose::HeldOut),
            malformed: count(Purpose::Malformed),
            unsteady,
            isolation,
            glibc: None,
            put_back,
            verified_on: Architecture::here(),
            not_carried_over: Vec::new(),
        }
    }
}

/// The newest version of the C library that the kept libraries ask for.
///
/// # Errors
/// When one asks for a newer one than the target has.
pub(crate) fn glibc(tree: &Tree, keep: &Keep, has: Glibc) -> Result<Option<Glibc>, SlimError> {
    let mut newest = None;
    let whole = keep.files.keys().filter(|file| !keep.stubs.contains_key(*file));
    for file in whole.filter(|file| is_library(file)) {
        let needs = Dynamic::read(&tree.bytes(file)?).and_then(|dynamic| dynamic.glibc);
        if let Some(needs) = needs.filter(|needs| *needs > has) {
            return Err(SlimError::Glibc { library: file.clone(), needs, has });
        }
        newest = newest.max(needs);
    }
    Ok(newest)
}

/// An empty folder in `work` for one trial.
pub(crate) fn fresh(work: &Path, name: &str) -> Result<PathBuf, SlimError> {
    let folder = work.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(SlimError::file("remove", &folder))?;
    }
    Ok(folder)
}
