//! The python lane: the user's own code to a release, without the runtime and without proof.

use std::path::Path;

use mlship_core::project::Python;
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_package::{Lane, Layout, Scripts, scripts};

use super::{Built, Turn, ignore, pack, samples, syntax};
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
    if layout.lane != Lane::Python {
        return Err(not_here());
    }
    let Loaded { project, source } = loaded;
    let work = project.root.join(".mlship");
    ignore(&work)?;
    let turn = Turn::take(context, &work)?;
    let samples = samples::read(&project)?;
    let Scripts { mut contents, provenance, model_bytes } = scripts(&project, python)?;
    syntax::check(&project, python, &contents, &source)?;
    layout.furnish(&mut contents)?;
    for entry in contents.entries() {
        context.detail(&format!("packed {}", entry.path));
    }
    context.say("the samples are not proved here: the handler runs where its packages are");
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

/// The refusal of a kind that runs no Python.
fn not_here() -> Failure {
    Failure::usage("the manifest has a `python` table, and this kind runs no Python code")
        .hint("`kind: functions-v2` under `targets.gcp` does: --provider gcp")
        .hint("or take the `python` table away and export the model as ONNX")
}

/// The refusal to answer samples on this machine.
pub(super) fn unproved() -> Failure {
    Failure::usage("the samples of a manifest with a `python` table are not answered here")
        .hint("the handler runs where its packages are installed: deploy it with --provider gcp")
}
