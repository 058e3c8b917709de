//! The python lane: the user's own code to a release. Where its packages are, on this machine, the
//! runtime goes along and the samples are proved.

use std::path::{Path, PathBuf};

use mlship_core::project::Python;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_embed::Variety;
use mlship_package::{Lane, Layout, Scripts, Source, scripts};
use serde_json::Value;

use super::files::{self, Expected};
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
    let runtime = match layout.lane {
        Lane::Native => return Err(not_here()),
        Lane::Python => None,
        Lane::Either => Some(runtime(Variety::Full, super::architecture(layout))?),
    };
    let Loaded { project, source } = loaded;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let turn = Turn::take(context, &work)?;
    let samples = samples::read(&project)?;
    let sha256 = runtime.as_ref().map(|runtime| runtime.sha256.clone());
    let mut scripts = scripts(&project, python, sha256)?;
    syntax::check(&project, python, &scripts.contents, &source)?;
    match runtime {
        None => {
            layout.furnish(&mut scripts.contents)?;
            context.say("the samples are not proved here: the handler runs where its packages are");
        }
        Some(runtime) => {
            scripts.add_bundle(&project, python, &interpreter(python)?);
            layout.complete(&mut scripts.contents, Source::Bytes(runtime.bytes))?;
            answer_with(context, &scripts.contents, layout, &work, &project, &samples)?;
        }
    }
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

/// What the handler answers to the samples of the manifest on this machine, whatever they expect.
pub(super) fn answers(
    context: &Context,
    loaded: Loaded,
    python: &Python,
) -> Result<Vec<Value>, Failure> {
    let Loaded { project, source } = loaded;
    files::check(&project, &source, Expected::Later)?;
    let samples = samples::requests(&project)?;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let _turn = Turn::take(context, &work)?;
    let layout = Layout::zip(super::PROOF_NAME);
    let runtime = runtime(Variety::Full, super::architecture(&layout))?;
    let mut scripts = scripts(&project, python, Some(runtime.sha256.clone()))?;
    syntax::check(&project, python, &scripts.contents, &source)?;
    scripts.add_bundle(&project, python, &interpreter(python)?);
    layout.complete(&mut scripts.contents, Source::Bytes(runtime.bytes))?;
    answer_with(context, &scripts.contents, &layout, &work, &project, &samples)
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
