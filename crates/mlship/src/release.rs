//! A project on disk to a release: model read, bundle assembled, proved and packed.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mlship_bundle::EngineKind;
use mlship_core::project::{Delivery, Project};
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use mlship_embed::Architecture;
use mlship_package::{
    Contents, Layout, Mode, Model, PackageError, Part, Provenance, Source, assemble, prove, sha256,
};
use serde_json::Value;

use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::revision;

/// A sample file larger than this is a mistake.
const SAMPLE_BYTES: u64 = 64 * 1024 * 1024;

/// How much longer than a request may take a sample's answer is waited for: the time to load.
const PROOF_MARGIN: Duration = Duration::from_secs(30);

/// What the runtime is called while it proves a bundle that is not packed.
const PROOF_NAME: &str = "bootstrap";

/// A release, and what it was made of.
#[derive(Debug)]
pub(crate) struct Built {
    /// What is deployed.
    pub(crate) release: Release,
    /// What is in the artifact.
    pub(crate) contents: Contents,
    /// What it was made of.
    pub(crate) provenance: Provenance,
    /// Bytes of the trained model.
    pub(crate) model_bytes: u64,
    /// The manifest it was made from.
    pub(crate) manifest: mlship_manifest::Source,
}

/// A runtime's binary.
pub(crate) struct Runtime {
    /// The file.
    pub(crate) bytes: Cow<'static, [u8]>,
    /// SHA-256 of the file, in hex.
    sha256: String,
}

/// Builds the artifact in `.mlship` beside the manifest, or at `out`.
pub(crate) fn build(
    context: &Context,
    loaded: Loaded,
    layout: Layout,
    out: Option<&Path>,
) -> Result<Built, Failure> {
    let Loaded { project, source } = loaded;
    refuse_unsupported(&project)?;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let samples = read_samples(&project)?;
    let model = Model::read(&project.root.join(&project.model.path.value))?;
    let assembly = assemble(&project, &model, &samples, &work).map_err(in_manifest(&source))?;
    let engine = assembly.bundle.model.engine;
    let runtime = runtime(engine)?;
    let mut contents = assembly.contents;
    contents.add_to(
        Part::Runtime,
        layout.executable,
        Mode::Executable,
        Source::Bytes(runtime.bytes),
    );
    for entry in contents.entries() {
        context.detail(&format!("bundled {}", entry.path));
    }
    let answers = answer_with(context, &contents, layout.executable, &work, &project, &samples)?;
    context.detail(&format!("{} of {} samples proved", answers.len(), samples.len()));
    let proved_on = samples.iter().take(answers.len()).map(|sample| sample.name.clone()).collect();
    let provenance =
        Provenance::new(&model.path, &assembly.bundle.model, runtime.sha256, proved_on);
    provenance.add_to(&mut contents);

    let to = out.map_or_else(|| work.join(format!("{}.zip", project.name.value)), Path::to_owned);
    let artifact = mlship_package::zip(&contents, &to)?;
    let git_revision = revision::of(&project.root);
    let release = Release {
        project,
        artifact,
        samples,
        git_revision,
        fetched: Vec::new(),
        share: Share::ALL,
    };
    let model_bytes = model.bytes().len() as u64;
    Ok(Built { release, contents, provenance, model_bytes, manifest: source })
}

/// What the model answers to the samples of the manifest, whatever they expect.
pub(crate) fn answers(context: &Context, loaded: Loaded) -> Result<Vec<Value>, Failure> {
    let Loaded { project, source } = loaded;
    let mut samples = read_samples(&project)?;
    for sample in &mut samples {
        sample.expect = None;
    }
    let work = project.root.join(".mlship");
    let model = Model::read(&project.root.join(&project.model.path.value))?;
    let assembly = assemble(&project, &model, &samples, &work).map_err(in_manifest(&source))?;
    let mut contents = assembly.contents;
    let runtime = runtime(assembly.bundle.model.engine)?;
    contents.add(PROOF_NAME, Mode::Executable, Source::Bytes(runtime.bytes));
    answer_with(context, &contents, PROOF_NAME, &work, &project, &samples)
}

/// The runtime binary that serves `engine`: from the environment, else the one carried inside.
pub(crate) fn runtime(engine: EngineKind) -> Result<Runtime, Failure> {
    let variable = match engine {
        EngineKind::Classical => "MLSHIP_RUNTIME_CLASSICAL",
        EngineKind::Neural => "MLSHIP_RUNTIME_NEURAL",
    };
    if let Some(path) = std::env::var_os(variable) {
        let given =
            fs::read(&path).map(|bytes| Runtime { sha256: sha256(&bytes), bytes: bytes.into() });
        return given.map_err(|error| {
            let path = PathBuf::from(path);
            Failure::usage(format!("could not read `{}`: {error}", path.display()))
                .hint(format!("`{variable}` must name a runtime binary for Linux"))
        });
    }
    let embedded = mlship_embed::runtime(engine, Architecture::X86_64);
    let carried = embedded.map(|runtime| Runtime {
        bytes: Cow::Borrowed(runtime.bytes),
        sha256: runtime.sha256.into(),
    });
    carried.ok_or_else(|| {
        Failure::usage("this build of mlship carries no runtime for Linux")
            .hint(format!("set `{variable}` to one; on Linux it is built by:"))
            .hint("cargo build --profile runtime -p mlship-runtime")
    })
}

/// Lets the runtime answer the samples; no answers on a system that it does not run on.
fn answer_with(
    context: &Context,
    contents: &Contents,
    executable: &str,
    work: &Path,
    project: &Project,
    samples: &[Sample],
) -> Result<Vec<Value>, Failure> {
    let folder = work.join("bundle");
    contents.write(&folder)?;
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        context.say("the samples are not proved: the runtime does not run on this system");
        return Ok(Vec::new());
    }
    let folder = fs::canonicalize(&folder)
        .map_err(|error| Failure::internal(format!("the bundle is gone: {error}")))?;
    let bound = PROOF_MARGIN + Duration::from_secs(project.resources.timeout_s.value.into());
    Ok(prove(&folder.join(executable), &folder, samples, bound)?)
}

/// A failure to package, shown in the manifest where it has a place there.
fn in_manifest(source: &mlship_manifest::Source) -> impl Fn(PackageError) -> Failure {
    |error| match Failure::from(error) {
        Failure::Manifest { report, .. } => {
            Failure::Manifest { report, source: Some(source.clone()) }
        }
        failure => failure,
    }
}

fn read_samples(project: &Project) -> Result<Vec<Sample>, Failure> {
    project
        .samples
        .iter()
        .map(|paths| {
            let expect = match &paths.expect {
                Some(path) => Some(read_json(&project.root, &path.value)?),
                None => None,
            };
            let request = read_json(&project.root, &paths.request.value)?;
            Ok(Sample { name: paths.request.value.clone(), request, expect })
        })
        .collect()
}

fn read_json(root: &Path, path: &str) -> Result<Value, Failure> {
    let unreadable = |error| Failure::usage(format!("could not read the sample `{path}`: {error}"));
    let file = root.join(path);
    let bytes = fs::metadata(&file).map_err(unreadable)?.len();
    if bytes > SAMPLE_BYTES {
        return Err(Failure::usage(format!("the sample `{path}` has {bytes} bytes")));
    }
    let text = fs::read(&file).map_err(unreadable)?;
    serde_json::from_slice(&text)
        .map_err(|source| PackageError::Sample { path: path.to_owned(), source }.into())
}

/// Keeps what is built out of the user's commits.
pub(crate) fn ignore(work: &Path) -> Result<(), Failure> {
    let file = work.join(".gitignore");
    fs::create_dir_all(work)
        .and_then(|()| if file.exists() { Ok(()) } else { fs::write(&file, "*\n") })
        .map_err(|error| Failure::usage(format!("could not write `{}`: {error}", file.display())))
}

fn refuse_unsupported(project: &Project) -> Result<(), Failure> {
    if project.python.is_some() {
        return Err(Failure::usage("the python lane is not supported by this version")
            .hint("take the `python` table away and export the model as ONNX"));
    }
    if project.model.delivery == Delivery::Fetch {
        return Err(Failure::usage("`model.delivery: fetch` is not supported by this version")
            .hint("write `delivery: embed`"));
    }
    if project.model.path.value.contains("://") {
        return Err(Failure::usage("a model at an address is not supported by this version")
            .hint("download it and name the file in `model.path`"));
    }
    Ok(())
}
