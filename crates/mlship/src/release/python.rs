//! The python lane: the user's own code to a release. Where the runtime goes along with it, the
//! samples are proved.

mod interpreter;
mod packages;

use std::path::{Path, PathBuf};

use mlship_core::artifact::Fetched;
use mlship_core::project::{Project, Python};
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use mlship_embed::Variety;
use mlship_package::{
    Assembly, Contents, Lane, Layout, Provenance, Scripts, Site, Source, Stores, scripts,
};
use mlship_slim::resolve::Uv;

use super::runtime::{Runtime, runtime};
use super::{Built, Turn, address, answer_with, ignore, pack, samples, syntax};
use crate::context::{Context, Loaded};
use crate::exporting;
use crate::failure::Failure;
use crate::revision;
use interpreter::{interpreter, of_version};

/// A handler with what runs it.
pub(super) struct Served {
    assembly: Assembly,
    /// The Python of this machine that it is tried with.
    here: PathBuf,
    runtime: Runtime,
    provenance: Provenance,
    /// What of its packages was kept and left out.
    explained: Option<String>,
    model_bytes: u64,
}

impl Served {
    /// All of it with nothing left to fetch, to be tried on this machine.
    pub(super) fn whole(&self, layout: &Layout) -> Result<Contents, Failure> {
        let mut assembly = self.assembly.clone();
        if let Some(worker) = &mut assembly.bundle.worker {
            worker.python = vec![self.here.to_string_lossy().into_owned()];
        }
        let mut whole = assembly.whole();
        layout.complete(&mut whole, Source::Bytes(self.runtime.bytes.clone()))?;
        Ok(whole)
    }

    /// A failure of a handler that lacks a package, with what to do about that.
    pub(super) fn explained(&self, failure: Failure, python: &Python, site: Site) -> Failure {
        if !failure.says("No module named ") {
            return failure;
        }
        let list = python.requirements.as_ref().map(|list| list.value.as_str());
        let list = list.unwrap_or("requirements.txt");
        let here = self.here.display();
        match site {
            Site::Here => failure
                .hint(format!("on this machine the packages are those of `{here}`"))
                .hint(format!("install them there: {here} -m pip install -r {list}"))
                .hint("or name a Python that has them: MLSHIP_PYTHON=PATH"),
            Site::Artifact { .. } => failure
                .hint(format!("write its package into `{list}`, which is all that goes along")),
        }
    }
}

/// Builds the artifact in `.mlship` beside the manifest, or at `out`.
pub(super) fn build(
    context: &Context,
    loaded: Loaded,
    python: &Python,
    layout: &Layout,
    out: Option<&Path>,
) -> Result<Built, Failure> {
    let Loaded { project, source } = loaded;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let turn = Turn::take(context, &work)?;
    let samples = samples::read(&project)?;
    let case = Case { context, project: &project, python, work: &work, source: &source };
    let ready = match layout.lane {
        Lane::Native => return Err(not_here()),
        Lane::Either(site) => with_runtime(&case, layout, site, &samples)?,
        Lane::Python => alone(&case, layout)?,
    };
    let Ready { contents, provenance, explained, model_bytes, fetched } = ready;
    for entry in contents.entries() {
        context.detail(&format!("packed {}", entry.path));
    }
    let packed = pack::pack(context, &contents, &project, layout, &work, out)?;
    let git_revision = revision::of(&project.root);
    let release = Release {
        project,
        artifact: packed.artifact,
        samples,
        git_revision,
        fetched,
        share: Share::ALL,
    };
    Ok(Built {
        release,
        base: packed.base,
        contents,
        turn,
        provenance,
        explained,
        model_bytes,
        manifest: source,
    })
}

/// What an artifact is packed of.
struct Ready {
    contents: Contents,
    provenance: Provenance,
    explained: Option<String>,
    model_bytes: u64,
    fetched: Vec<Fetched>,
}

/// The handler with the runtime, after it has answered the samples.
fn with_runtime(
    case: &Case<'_>,
    layout: &Layout,
    site: Site,
    samples: &[Sample],
) -> Result<Ready, Failure> {
    let Case { context, project, work, source, .. } = *case;
    let served = served(case, layout, site, samples)?;
    let whole = served.whole(layout)?;
    let answers = answer_with(context, &whole, layout, work, project, samples)
        .map_err(|failure| served.explained(failure, case.python, site))?;
    let Served { mut assembly, runtime, mut provenance, explained, model_bytes, .. } = served;
    if layout.stores == Stores::None {
        assembly.take_in();
    }
    super::check_room(project, &assembly, source)?;
    let proved = samples.iter().take(answers.len());
    provenance.proved_on = proved.map(|sample| sample.name.clone()).collect();
    let Assembly { mut contents, fetched, .. } = assembly;
    provenance.add_to(&mut contents);
    layout.complete(&mut contents, Source::Bytes(runtime.bytes))?;
    Ok(Ready { contents, provenance, explained, model_bytes, fetched })
}

/// The handler alone: who runs it brings what calls it, and its packages.
fn alone(case: &Case<'_>, layout: &Layout) -> Result<Ready, Failure> {
    let context = case.context;
    let Scripts { mut contents, provenance, model_bytes, .. } = laid_out(case)?.alone()?;
    layout.furnish(&mut contents)?;
    context.say("the samples are not proved here: the handler runs where its packages are");
    Ok(Ready { contents, provenance, explained: None, model_bytes, fetched: Vec::new() })
}

/// The handler's files and the model, none of which does what no model needs or is no Python.
fn laid_out(case: &Case<'_>) -> Result<Scripts, Failure> {
    let Case { context, project, python, work, source } = *case;
    let model = address::on_disk(context, project, work)?;
    let scripts = scripts(project, python, &model)?;
    scripts.facts.as_ref().map_or(Ok(()), exporting::refuse_dangerous)?;
    syntax::check(project, python, &scripts.contents, source)?;
    Ok(scripts)
}

/// What is served, and with what.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) context: &'a Context,
    pub(super) project: &'a Project,
    pub(super) python: &'a Python,
    pub(super) work: &'a Path,
    pub(super) source: &'a mlship_manifest::Source,
}

/// The handler with the runtime that has a worker for it, and with its packages where those are in
/// the artifact.
pub(super) fn served(
    case: &Case<'_>,
    layout: &Layout,
    site: Site,
    samples: &[Sample],
) -> Result<Served, Failure> {
    let Case { context, project, python, .. } = *case;
    let mut scripts = laid_out(case)?;
    let runtime = runtime(Variety::Python, super::architecture(layout))?;
    let mut explained = None;
    let (here, pythons) = match site {
        Site::Here => {
            let here = interpreter(context, python)?;
            (here.clone(), vec![here])
        }
        // Its packages are those of the base.
        Site::Artifact { .. } if python.requirements.is_none() => {
            (interpreter(context, python)?, there(python))
        }
        Site::Artifact { glibc, most_bytes } => {
            let uv = Uv { program: packages::uv(), ..Uv::default() };
            let here = of_version(python, &uv)?;
            let platform = packages::platform(layout, glibc)?;
            let most_bytes = most_bytes.map(|most| most.saturating_sub(runtime.bytes.len() as u64));
            let place = packages::Place { platform, most_bytes, uv: &uv, here: &here };
            explained = packages::add(case, &place, samples, &mut scripts)?;
            (here.program().to_owned(), there(python))
        }
    };
    let model_bytes = scripts.model_bytes;
    let sha256 = runtime.sha256.clone();
    let (assembly, provenance) = scripts.assembled(project, python, &pythons, sha256);
    Ok(Served { assembly, here, runtime, provenance, explained, model_bytes })
}

/// The Pythons that are looked for where it runs.
fn there(python: &Python) -> Vec<PathBuf> {
    vec![format!("python{}", python.version()).into(), "python3".into()]
}

/// Bytes of the packages that were built last for a project; `None` when none were.
pub(crate) fn packages_bytes(project: &Project) -> Option<u64> {
    packages::kept::last_bytes(&project.root.join(".mlship"))
}

/// The refusal of a kind that runs no Python.
fn not_here() -> Failure {
    Failure::usage("the manifest has a `python` table, and this kind runs no Python code")
        .hint("`mlship check-limits` shows which do")
        .hint("or take the `python` table away and export the model as ONNX")
}
