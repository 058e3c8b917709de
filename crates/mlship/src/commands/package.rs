//! `mlship package`: builds the artifact and proves it on the samples.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::release;
use crate::render::size;

/// `mlship package`
#[derive(Debug, Args)]
pub(crate) struct PackageArgs {
    /// Whose layout the artifact gets
    #[arg(long, short, env = "MLSHIP_PROVIDER", default_value = "local", value_name = "NAME")]
    provider: String,
    /// Where the artifact is written [default: .mlship/NAME.zip beside the manifest]
    #[arg(long, env = "MLSHIP_OUT", value_name = "PATH")]
    out: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, args: PackageArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let layout = providers::layout(&args.provider)?;
    let built = release::build(context, loaded, layout, args.out.as_deref())?;
    let artifact = &built.release.artifact;
    let proved = built.provenance.proved_on.len();
    let text = format!(
        "{}\n  {} packed, {} unpacked; engine {}; {proved} of {} samples proved\n  sha256 {}",
        artifact.path.display(),
        size(artifact.packed_bytes),
        size(artifact.unpacked_bytes),
        built.provenance.engine,
        built.release.samples.len(),
        artifact.sha256,
    );
    let value = json!({"artifact": artifact, "provenance": built.provenance});
    context.answer("mlship/package/1", &value, &text);
    Ok(())
}
