//! The python lane: the user's own code to a release. Where its packages are, on this machine, the
//! runtime goes along and the samples are proved.

use std::path::{Path, PathBuf};

use mlship_core::project::{Project, Python};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_embed::Variety;
use mlship_package::{Lane, Layout, Scripts, Source, scripts};

use super::runtime::runtime;
use super::{Built, Turn, answer_with, ignore, pack, samples, syntax};
use crate::context::{Context, Loaded};
use crate::failure::Failure;
use crate::revision;

/// Builds the artifact in `.mlship` beside the manifest, or at `out`.
pub(super) fn build(
    context: &Context,
    loaded: Loaded,
    python: &Python,
    layout: &Layout,
    out: Option<&Path>,
) -> Result<Built, Failure> {
    if layout.lane == Lane::Native {
        return Err(not_here());
    }
    let Loaded { project, source } = loaded;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let turn = Turn::take(context, &work)?;
    let samples = samples::read(&project)?;
    let scripts = match layout.lane {
        Lane::Either => {
            let scripts = served(&project, python, layout, &source)?;
            answer_with(context, &scripts.contents, layout, &work, &project, &samples)?;
            scripts
        }
        Lane::Python | Lane::Native => {
            let mut scripts = scripts(&project, python, None)?;
            syntax::check(&project, python, &scripts.contents, &source)?;
            layout.furnish(&mut scripts.contents)?;
            context.say("the samples are not proved here: the handler runs where its packages are");
            scripts
        }
    };
    let Scripts { contents, provenance, model_bytes } = scripts;
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
        fetched: Vec::new(),
        share: Share::ALL,
    };
    Ok(Built {
        release,
        base: packed.base,
        contents,
        turn,
        provenance,
        model_bytes,
        manifest: source,
    })
}

/// The handler with the runtime that has a worker for it, to be run on this machine.
pub(super) fn served(
    project: &Project,
    python: &Python,
    layout: &Layout,
    source: &mlship_manifest::Source,
) -> Result<Scripts, Failure> {
    let runtime = runtime(Variety::Full, super::architecture(layout))?;
    let mut scripts = scripts(project, python, Some(runtime.sha256))?;
    syntax::check(project, python, &scripts.contents, source)?;
    scripts.add_bundle(project, python, &interpreter(python)?);
    layout.complete(&mut scripts.contents, Source::Bytes(runtime.bytes))?;
    Ok(scripts)
}

/// The Python of this machine that the handler runs in: it has the packages. A service is started
/// without this process's environment, and is told its whole path.
fn interpreter(python: &Python) -> Result<PathBuf, Failure> {
    if let Some(named) = std::env::var_os("MLSHIP_PYTHON").map(PathBuf::from) {
        return match std::path::absolute(&named) {
            Ok(path) if path.is_file() => Ok(path),
            _ => Err(Failure::usage(format!("there is no `{}`", named.display()))
                .hint("`MLSHIP_PYTHON` names it")),
        };
    }
    let versioned = python.version.iter().map(|version| format!("python{}", version.value));
    let names: Vec<String> = versioned.chain(["python3".to_owned()]).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_absolute() && place.is_file()).ok_or_else(|| {
        Failure::usage(format!("there is no `{}` on PATH", names.join("` and no `")))
            .hint("name the Python that has the handler's packages: MLSHIP_PYTHON=PATH")
    })
}

/// The refusal of a kind that runs no Python.
fn not_here() -> Failure {
    Failure::usage("the manifest has a `python` table, and this kind runs no Python code")
        .hint("this machine does, and `kind: functions-v2` under `targets.gcp`: --provider gcp")
        .hint("or take the `python` table away and export the model as ONNX")
}
