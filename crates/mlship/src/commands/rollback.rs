//! `mlship rollback`: moves the traffic back to an earlier version.

use clap::Args;
use mlship_core::deployment::{Destination, Route};
use mlship_core::share::Share;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::render;

/// `mlship rollback`
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// The version to go back to [default: the one before the live one]
    #[arg(long, env = "MLSHIP_VERSION", value_name = "ID")]
    to: Option<String>,
}

pub(crate) fn run(context: &Context, args: RollbackArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let connection = providers::connect(&args.provider.provider, &loaded)?;
    let name = &loaded.project.name.value;
    let to = args.to.map_or(Destination::Previous, Destination::Version);
    let route = Route { to, share: Share::ALL };
    let moved = connection.wait(connection.provider.route(name, &route))?;
    let text = format!("{}\n{}", render::moved(&moved), render::address(&moved.deployment));
    context.answer("mlship/rollback/1", &moved, &text);
    Ok(())
}
