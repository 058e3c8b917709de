//! `mlship plan`: what a deploy would change. Reads, never writes.

use clap::Args;

use crate::cli::{AdoptFlag, ProviderFlag};
use crate::commands::check_limits;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::release;
use crate::render;

/// `mlship plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    #[command(flatten)]
    adopt: AdoptFlag,
}

pub(crate) fn run(context: &Context, args: PlanArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let name = args.provider.provider;
    let layout = providers::layout(&name, &loaded, None)?;
    context.findings(&providers::warnings(&name, &loaded), &loaded.source);
    let connection = providers::connect_for(&name, &loaded, args.adopt.foreign())?;
    let kind = providers::kind(&name, &loaded)?;
    let built = release::build(context, loaded, layout, None)?;
    check_limits::stop_if_over(context, &built, &name, &kind)?;
    let plan = connection.wait(connection.provider.plan(&built.release))?;
    context.answer("mlship/plan/1", &plan, &render::plan(&plan));
    Ok(())
}
