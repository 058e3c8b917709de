//! The whole way: watch, decide, write, prove, and put back what the proof lacks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::across::Across;
use crate::error::SlimError;
use crate::keep::{Facts, Keep, Level, keep, tests};
use crate::modules::Modules;
use crate::platform::{Architecture, Platform};
use crate::probe::{Handler, Outcome, Probe, Purpose, Reply, Request};
use crate::python::Python;
use crate::shape::{Rest, Shaper};
use crate::stubs::{self, Stubs};
use crate::trace::{Watcher, precompiled, trace};
use crate::tree::{Tree, top};
use crate::verify::{
    Baseline, Difference, Isolation, Plan, PutBack, Search, Verification, differences, fresh,
    glibc, malformed,
};

/// How long is waited for a handler where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(300);

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
    /// Whether stubs may stand in for native libraries that no request calls.
    pub stubs: Stubs,
    /// How long the handler may take to load, and for each request; five minutes when `None`.
    pub patience: Option<Duration>,
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
    make(subject, None, choice, work, out)
}

/// Makes packages smaller for a machine that this one is not. `alike` is a folder of the same
/// versions for this machine ([`crate::resolve::lock_alike`]): they are watched and proven, and
/// what was found is carried over to the target's by the names of modules. The proof is then of
/// this machine, and [`Verification::verified_on`] says so. For a target that is this machine it
/// is [`slim`], and `alike` is not looked at.
///
/// # Errors
/// As [`slim`]; and when a package is there in another version.
pub fn slim_across(
    subject: &Subject<'_>,
    alike: &Path,
    choice: &Choice,
    work: &Path,
    out: &Path,
) -> Result<Slimmed, SlimError> {
    let is_here = Architecture::here() == Some(subject.platform.architecture);
    make(subject, (!is_here).then_some(alike), choice, work, out)
}

fn make(
    subject: &Subject<'_>,
    alike: Option<&Path>,
    choice: &Choice,
    work: &Path,
    out: &Path,
) -> Result<Slimmed, SlimError> {
    may_have_stubs(subject, choice)?;
    if out.exists() {
        return Err(SlimError::OutExists { path: out.to_owned() });
    }
    let target = Tree::read(subject.packages)?;
    let alike = alike.map(Tree::read).transpose()?;
    fs::create_dir_all(work).map_err(SlimError::file("create", work))?;
    let work = tempfile::tempdir_in(work).map_err(SlimError::file("create", work))?;
    let folder = work.path().canonicalize().map_err(SlimError::file("read", work.path()))?;
    make_in(subject, [&target, alike.as_ref().unwrap_or(&target)], choice, &folder, out)
}

fn make_in(
    subject: &Subject<'_>,
    [target, tree]: [&Tree; 2],
    choice: &Choice,
    work: &Path,
    out: &Path,
) -> Result<Slimmed, SlimError> {
    let Subject { python, handler, .. } = *subject;
    let is_here = target.root == tree.root;
    let modules = Modules::of(tree, python.tag());
    let across = (!is_here).then(|| Across::new((tree, &modules), target, python)).transpose()?;
    let requests = requests(subject.requests);
    let of = |held_out: bool| -> Vec<&Request> {
        requests.iter().filter(|one| (one.purpose == Purpose::HeldOut) == held_out).collect()
    };
    let watcher = choice.watcher.unwrap_or_else(Watcher::here);
    let copy = precompiled(tree, python, &work.join("installed"))?;
    let patience = choice.patience.unwrap_or(PATIENCE);
    let probe = |requests| Probe { python, handler, tree: &copy, requests, guard: false, patience };
    let trace = trace(tree, &probe(of(false)), watcher, work)?;
    must_end(handler, &trace.outcome)?;
    must_answer(&requests, &trace.outcome)?;
    let held_out = probe(of(true)).run(work, &[])?;
    must_end(handler, &held_out)?;
    fs::remove_dir_all(&copy).map_err(SlimError::file("remove", &copy))?;

    let imported_tests = &tests(tree, &modules, python)?;
    let facts = Facts { tree, modules: &modules, touched: &trace.touched, python, imported_tests };
    let baseline = Baseline {
        python,
        handler,
        patience,
        installed: [&tree.root, &copy],
        watched: (of(false), &trace.outcome),
        held_out: (of(true), &held_out),
    };
    let isolation = Isolation::here();
    let mut shaper = Shaper::new(&facts, work.join("made"));
    let (plan, put_back) = prove(&mut shaper, &baseline, isolation, choice, work)?;
    let mut verification = Verification::of(&baseline, isolation, put_back);
    let has = subject.platform.glibc;
    let kept = match &across {
        None => {
            let kept = keep(&facts, choice.level, &plan.also)?;
            verification.glibc = glibc(tree, &kept, has)?;
            // What was proven is what is shipped; made anew it would be the same.
            if fs::rename(work.join("trial"), out).is_err() {
                shaper.shape(&kept, &plan.exceptions, choice.rest, out)?;
            }
            kept
        }
        Some(across) => {
            let (touched, lost) = across.touched(&trace.touched)?;
            let facts = across.facts(&touched);
            let kept = keep(&facts, choice.level, &plan.also)?;
            verification.glibc = glibc(target, &kept, has)?;
            verification.not_carried_over = lost;
            let mut shaper = across.shaper(&facts, &shaper, work.join("made-across"));
            shaper.shape(&kept, &plan.exceptions, choice.rest, out)?;
            kept
        }
    };
    Ok(Slimmed {
        verification,
        watcher,
        keep: kept,
        level: choice.level,
        out: out.to_owned(),
        python: python.clone(),
        platform: subject.platform,
        tree: target.clone(),
        requests,
    })
}

/// Writes packages into `trial` of `work` until their answers are equal.
fn prove(
    shaper: &mut Shaper<'_>,
    baseline: &Baseline<'_>,
    isolation: Isolation,
    choice: &Choice,
    work: &Path,
) -> Result<(Plan, Vec<PutBack>), SlimError> {
    let facts = shaper.facts;
    let decide = |plan: &Plan| keep(facts, choice.level, &plan.also);
    let mut trial = |plan: &Plan| -> Result<Vec<Difference>, SlimError> {
        let kept = decide(plan)?;
        let folder = fresh(work, "trial")?;
        shaper.shape(&kept, &plan.exceptions, choice.rest, &folder)?;
        differences(baseline, &folder, isolation, work)
    };
    let mut plan = Plan::default();
    plan.also.asked.clone_from(&choice.keep);
    let tops = tops(facts.modules);
    let (mut plan, mut put_back) =
        Search { level: choice.level, tops, trial: &mut trial }.run(plan)?;
    put_back.extend(stubs::search(&choice.stubs, &mut plan, decide, &mut trial)?);
    Ok((plan, put_back))
}

/// Stubs are proven where they run, and by requests that they were not found with.
fn may_have_stubs(subject: &Subject<'_>, choice: &Choice) -> Result<(), SlimError> {
    if choice.stubs == Stubs::None {
        return Ok(());
    }
    let target = subject.platform.architecture;
    if target != Architecture::X86_64 || Architecture::here() != Some(target) {
        return Err(SlimError::StubsElsewhere { target });
    }
    let held_out = subject.requests.iter().any(|request| request.purpose == Purpose::HeldOut);
    if held_out { Ok(()) } else { Err(SlimError::NoHeldOut) }
}

/// The requests, with the first sample made wrong in many ways.
fn requests(given: &[Request]) -> Vec<Request> {
    let mut requests = given.to_vec();
    let first = given.iter().find(|request| request.purpose == Purpose::Sample);
    requests.extend(first.into_iter().flat_map(malformed));
    requests
}

/// What does not come to an end with the packages as they are does not without them.
fn must_end(handler: &Handler, outcome: &Outcome) -> Result<(), SlimError> {
    let Some(hung) = &outcome.hung else { return Ok(()) };
    Err(SlimError::Hung { handler: handler.module.clone(), told: hung.told() })
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
