//! A project on disk to a release: model read, bundle assembled, proved and packed.

mod address;
mod contest;
mod engine;
pub(crate) mod files;
mod library;
mod pack;
mod python;
pub(crate) mod registry;
mod runtime;
mod samples;
mod syntax;
mod turn;

use std::fs;
use std::path::Path;
use std::time::Duration;

use mlship_core::finding::{Finding, Report};
use mlship_core::image::Base;
use mlship_core::project::Project;
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use mlship_embed::Architecture;
use mlship_package::{
    Assembly, Contents, Layout, Model, PackageError, Provenance, Site, Source, Stores, assemble,
    prove,
};
use serde_json::Value;

use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::render::counted;
use crate::revision;
use python::Case;

pub(crate) use files::Expected;
pub(crate) use python::packages_bytes;
pub(crate) use runtime::runtime;
pub(crate) use samples::record;
pub(crate) use turn::Turn;

/// How much longer than a request may take a sample's answer is waited for: the time to load.
const PROOF_MARGIN: Duration = Duration::from_secs(30);

/// What the runtime is called while it proves a bundle that is not packed.
const PROOF_NAME: &str = "bootstrap";

/// A release, and what it was made of.
#[derive(Debug)]
pub(crate) struct Built {
    /// What is deployed.
    pub(crate) release: Release,
    /// The image that an image is built on, whose layers are not on this disk.
    pub(crate) base: Option<Base>,
    /// What is in the artifact.
    pub(crate) contents: Contents,
    /// Keeps others out of the folder that the artifact was built in.
    pub(crate) turn: Turn,
    /// What it was made of.
    pub(crate) provenance: Provenance,
    /// What of a handler's packages was kept and left out, for people.
    pub(crate) explained: Option<String>,
    /// Bytes of the trained model.
    pub(crate) model_bytes: u64,
    /// The manifest it was made from.
    pub(crate) manifest: mlship_manifest::Source,
}

/// Builds the artifact in `.mlship` beside the manifest, or at `out`.
pub(crate) fn build(
    context: &Context,
    loaded: Loaded,
    layout: Layout,
    out: Option<&Path>,
) -> Result<Built, Failure> {
    let Loaded { project, source } = loaded;
    files::check(&project, &source, Expected::There)?;
    if let Some(handler) = project.python.clone() {
        return python::build(context, Loaded { project, source }, &handler, &layout, out);
    }
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let turn = Turn::take(context, &work)?;
    let samples = samples::read(&project)?;
    let model = Model::read(&address::on_disk(context, &project, &work)?)?;
    let assembly = assemble(&project, &model, &samples, &work).map_err(in_manifest(&source))?;
    let mut assembly = assembly;
    if layout.stores == Stores::None {
        assembly.take_in();
    }
    check_room(&project, &assembly, &source)?;
    let manned = engine::man(context, &project, assembly, architecture(&layout), &samples)
        .map_err(|failure| shown(failure, &source))?;
    let whole = manned.whole(layout.executable);
    let answers = answer_with(context, &whole, &layout, &work, &project, &samples)?;
    let all = counted(samples.len(), "sample");
    context.detail(&format!("{} of {all} proved", answers.len()));

    let mut contents = manned.assembly.contents.clone();
    manned.add_beside(&mut contents);
    let engine::Manned { assembly, runtime, .. } = manned;
    let proved_on = samples.iter().take(answers.len()).map(|sample| sample.name.clone()).collect();
    let provenance =
        Provenance::new(&model.path, &assembly.bundle.model, runtime.sha256, proved_on)
            .with_libraries(&contents)?;
    provenance.add_to(&mut contents);
    layout.complete(&mut contents, Source::Bytes(runtime.bytes))?;
    for entry in contents.entries() {
        context.detail(&format!("bundled {}", entry.path));
    }
    let packed = pack::pack(context, &contents, &project, &layout, &work, out)?;
    let git_revision = revision::of(&project.root);
    let release = Release {
        project,
        artifact: packed.artifact,
        samples,
        git_revision,
        fetched: assembly.fetched,
        share: Share::ALL,
    };
    let model_bytes = model.bytes().len() as u64;
    Ok(Built {
        release,
        base: packed.base,
        contents,
        turn,
        provenance,
        explained: None,
        model_bytes,
        manifest: source,
    })
}

/// What is fetched at start must fit the scratch disk that is asked for.
fn check_room(
    project: &Project,
    assembly: &Assembly,
    source: &mlship_manifest::Source,
) -> Result<(), Failure> {
    let files = assembly.fetched.iter().chain(&assembly.addressed);
    let needed_mb = files.map(|file| file.bytes).sum::<u64>().div_ceil(1 << 20);
    let disk = &project.resources.disk_mb;
    if needed_mb <= u64::from(disk.value) {
        return Ok(());
    }
    let message = format!(
        "the files that are fetched at start take {needed_mb} MB of scratch disk, and `disk-mb` is {}",
        disk.value
    );
    let mut finding = Finding::error("model/disk", message)
        .hint(format!("write `disk-mb: {needed_mb}` or more under `resources`"));
    if !disk.span.is_empty() {
        finding = finding.at(disk.span.clone()).label("too little");
    }
    Err(Failure::Manifest { report: Report(vec![finding]), source: Some(source.clone()) })
}

/// What the model answers to the samples of the manifest, whatever they expect; a handler with the
/// packages of this machine.
pub(crate) fn answers(context: &Context, loaded: Loaded) -> Result<Vec<Value>, Failure> {
    answers_at(context, loaded, Site::Here)
}

/// The same; a handler with the packages that it has there.
pub(crate) fn answers_at(
    context: &Context,
    loaded: Loaded,
    site: Site,
) -> Result<Vec<Value>, Failure> {
    let Loaded { project, source } = loaded;
    files::check(&project, &source, Expected::Later)?;
    let samples = samples::requests(&project)?;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let _turn = Turn::take(context, &work)?;
    let layout = Layout::zip(PROOF_NAME);
    let contents = match &project.python {
        Some(python) => {
            let case = Case { context, project: &project, python, work: &work, source: &source };
            let served = python::served(&case, &layout, site, &samples)?;
            let whole = served.whole(&layout)?;
            return answer_with(context, &whole, &layout, &work, &project, &samples)
                .map_err(|failure| served.explained(failure, python, site));
        }
        None => {
            let model = Model::read(&address::on_disk(context, &project, &work)?)?;
            let assembly =
                assemble(&project, &model, &samples, &work).map_err(in_manifest(&source))?;
            let manned = engine::man(context, &project, assembly, Architecture::X86_64, &samples)
                .map_err(|failure| shown(failure, &source))?;
            manned.whole(PROOF_NAME)
        }
    };
    answer_with(context, &contents, &layout, &work, &project, &samples)
}

fn architecture(layout: &Layout) -> Architecture {
    if layout.architecture == "arm64" { Architecture::Aarch64 } else { Architecture::X86_64 }
}

/// Lets the runtime answer the samples; no answers on a system that it does not run on.
fn answer_with(
    context: &Context,
    contents: &Contents,
    layout: &Layout,
    work: &Path,
    project: &Project,
    samples: &[Sample],
) -> Result<Vec<Value>, Failure> {
    let folder = work.join("bundle");
    contents.write(&folder)?;
    let runs_here = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    if !runs_here || architecture(layout) != Architecture::X86_64 {
        context.say("the samples are not proved: the runtime does not run on this system");
        return Ok(Vec::new());
    }
    let folder = fs::canonicalize(&folder)
        .map_err(|error| Failure::internal(format!("the bundle is gone: {error}")))?;
    Ok(prove(&folder.join(layout.executable), &folder, samples, proof_bound(project))?)
}

/// How long a sample's answer is waited for.
fn proof_bound(project: &Project) -> Duration {
    PROOF_MARGIN + Duration::from_secs(project.resources.timeout_s.value.into())
}

/// A failure to package, shown in the manifest where it has a place there.
fn in_manifest(source: &mlship_manifest::Source) -> impl Fn(PackageError) -> Failure {
    |error| shown(Failure::from(error), source)
}

/// The same failure, with the text that it is about.
fn shown(failure: Failure, source: &mlship_manifest::Source) -> Failure {
    match failure {
        Failure::Manifest { report, .. } => {
            Failure::Manifest { report, source: Some(source.clone()) }
        }
        failure => failure,
    }
}

/// Keeps what is built out of the user's commits.
pub(crate) fn ignore(work: &Path) -> Result<(), Failure> {
    let file = work.join(".gitignore");
    fs::create_dir_all(work)
        .and_then(|()| if file.exists() { Ok(()) } else { fs::write(&file, "*\n") })
        .map_err(|error| Failure::usage(format!("could not write `{}`: {error}", file.display())))
}
