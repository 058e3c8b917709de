//! The whole way: watch, decide, write, prove, and put back what the proof lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::SlimError;
use crate::keep::{Facts, Keep, Level, keep};
use crate::modules::Modules;
use crate::platform::{Architecture, Glibc, Platform};
use crate::probe::{Handler, Outcome, Probe, Purpose, Reply, Request};
use crate::python::Python;
use crate::shape::{Rest, Shaper};
use crate::trace::{Watcher, precompiled, trace};
use crate::tree::{Tree, top};
use crate::verify::{
    Baseline, Difference, Isolation, Plan, PutBack, Search, Verification, differences, fresh,
    glibc, malformed,
};

/// What is made smaller.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The folder that the packages were installed into. Nothing of it is changed.
    pub packages: &'a Path,
    /// A Python of the target's version.
    pub python: &'a Python,
    /// The target.
    pub platform: Platform,
    /// What uses the packages.
    pub handler: &'a Handler,
    /// Requests: at least one sample, and better some that are held out.
    pub requests: &'a [Request],
}

/// How it is made smaller.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// How much is left out.
    pub level: Level,
    /// Modules or paths that are kept in any case.
    pub keep: Vec<String>,
    /// What of the pruned modules goes along.
    pub rest: Rest,
    /// Who watches; when `None`, `strace` where it is there and may.
    pub watcher: Option<Watcher>,
}

/// Smaller packages that answer as the others did.
#[derive(Debug)]
pub struct Slimmed {
    /// How that was proven.
    pub verification: Verification,
    /// Who watched.
    pub watcher: Watcher,
    pub(crate) tree: Tree,
    pub(crate) keep: Keep,
    pub(crate) level: Level,
    pub(crate) out: PathBuf,
    pub(crate) python: Python,
    pub(crate) platform: Platform,
    /// All requests, those too that were made wrong.
    pub(crate) requests: Vec<Request>,
}

/// Makes packages smaller: writes them into `out`, which must not be there yet. `work` is for what
/// is only needed meanwhile, and is emptied.
///
/// # Errors
/// When the handler does not answer its samples with the packages as they are; when this machine is
/// of another architecture than the target; when no proof succeeds; when a file cannot be read or
/// written.
pub fn slim(
    subject: &Subject<'_>,
    choice: &Choice,
    work: &Path,
    out: &Path,
) -> Result<Slimmed, SlimError> {
    let target = subject.platform.architecture;
    if Architecture::here() != Some(target) {
        return Err(SlimError::OtherArchitecture { target });
    }
    if out.exists() {
        return Err(SlimError::OutExists { path: out.to_owned() });
    }
    fs::create_dir_all(work).map_err(SlimError::file("create", work))?;
    let work = tempfile::tempdir_in(work).map_err(SlimError::file("create", work))?;
    let folder = work.path().canonicalize().map_err(SlimError::file("read", work.path()))?;
    slim_in(subject, choice, &folder, out)
}

fn slim_in(
    subject: &Subject<'_>,
    choice: &Choice,
    work: &Path,
    out: &Path,
) -> Result<Slimmed, SlimError> {
    let Subject { python, handler, .. } = *subject;
    let tree = Tree::read(subject.packages)?;
    let requests = requests(subject.requests);
    let of = |held_out: bool| -> Vec<&Request> {
        requests.iter().filter(|one| (one.purpose == Purpose::HeldOut) == held_out).collect()
    };
    let watcher = choice.watcher.unwrap_or_else(Watcher::here);
    let copy = precompiled(&tree, python, &work.join("installed"))?;
    let probe = |requests| Probe { python, handler, tree: &copy, requests, guard: false };
    let trace = trace(&tree, &probe(of(false)), watcher, work)?;
    must_answer(&requests, &trace.outcome)?;
    let held_out = probe(of(true)).run(work, &[])?;
    fs::remove_dir_all(&copy).map_err(SlimError::file("remove", &copy))?;

    let modules = Modules::of(&tree, python.tag());
    let facts = Facts { tree: &tree, modules: &modules, touched: &trace.touched, python };
    let baseline = Baseline {
        python,
        handler,
        installed: [&tree.root, &copy],
        watched: (of(false), &trace.outcome),
        held_out: (of(true), &held_out),
    };
    let proven = prove(&facts, &baseline, subject.platform.glibc, choice, [work, out])?;
    let Proven { isolation, glibc, put_back, .. } = proven;
    let verification = Verification::of(&baseline, isolation, glibc, put_back);
    Ok(Slimmed {
        verification,
        watcher,
        keep: proven.keep,
        level: choice.level,
        out: out.to_owned(),
        python: python.clone(),
        platform: subject.platform,
        tree,
        requests,
    })
}

/// Packages that are written and proven.
struct Proven {
    keep: Keep,
    isolation: Isolation,
    /// The newest version that a kept library asks for.
    glibc: Option<Glibc>,
    put_back: Vec<PutBack>,
}

/// Writes packages until their answers are equal, and those into `out`.
fn prove(
    facts: &Facts<'_>,
    baseline: &Baseline<'_>,
    has: Glibc,
    choice: &Choice,
    [work, out]: [&Path; 2],
) -> Result<Proven, SlimError> {
    let isolation = Isolation::here();
    let cache = work.join("made");
    let mut shaper = Shaper { facts, cache, loadable: BTreeMap::new() };
    let mut trial = |plan: &Plan| -> Result<Vec<Difference>, SlimError> {
        let kept = keep(facts, choice.level, &plan.also)?;
        let folder = fresh(work, "trial")?;
        shaper.shape(&kept, &plan.exceptions, choice.rest, &folder)?;
        differences(baseline, &folder, isolation, work)
    };
    let mut plan = Plan::default();
    plan.also.asked.clone_from(&choice.keep);
    let tops = tops(facts.modules);
    let search = Search { level: choice.level, tops, trial: &mut trial };
    let (plan, put_back) = search.run(plan)?;
    let kept = keep(facts, choice.level, &plan.also)?;
    let glibc = glibc(facts.tree, &kept, has)?;
    // What was proven is what is shipped; made anew it would be the same.
    if fs::rename(work.join("trial"), out).is_err() {
        shaper.shape(&kept, &plan.exceptions, choice.rest, out)?;
    }
    Ok(Proven { keep: kept, isolation, glibc, put_back })
}

/// The requests, with the first sample made wrong in many ways.
fn requests(given: &[Request]) -> Vec<Request> {
    let mut requests = given.to_vec();
    let first = given.iter().find(|request| request.purpose == Purpose::Sample);
    requests.extend(first.into_iter().flat_map(malformed));
    requests
}

/// Samples that are not answered by the packages as they are can prove nothing.
fn must_answer(requests: &[Request], outcome: &Outcome) -> Result<(), SlimError> {
    if let Some(failure) = &outcome.failure {
        let reason = format!("{}: {}", failure.kind, failure.message);
        return Err(SlimError::Handler { request: None, reason });
    }
    let samples = requests.iter().filter(|request| request.purpose == Purpose::Sample);
    let mut count = 0;
    for sample in samples {
        count += 1;
        let answered = outcome.answers.iter().find(|answered| answered.name == sample.name);
        for reply in answered.into_iter().flat_map(|answered| &answered.replies) {
            if let Reply::Error(failure) = reply {
                let reason = format!("{}: {}", failure.kind, failure.message);
                return Err(SlimError::Handler { request: Some(sample.name.clone()), reason });
            }
        }
    }
    if count == 0 { Err(SlimError::NoSamples) } else { Ok(()) }
}

/// The first names of all modules.
fn tops(modules: &Modules) -> BTreeSet<String> {
    modules.names.keys().map(|file| top(file).to_owned()).collect()
}
