//! `mlship status`: what is deployed.

use clap::Args;
use serde_json::json;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::render;

/// `mlship status`
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    provider: ProviderFlag,
}

pub(crate) fn run(context: &Context, args: StatusArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let connection = providers::connect(&args.provider.provider, &loaded)?;
    let found = connection.wait(connection.provider.find(&loaded.project.name.value))?;
    let text = match &found {
        Some(deployment) => render::deployment(deployment),
        None => format!(
            "{} is not deployed on {}",
            loaded.project.name.value, args.provider.provider
        ),
    };
    context.answer("mlship/status/1", &json!({"deployment": found}), &text);
    Ok(())
}
