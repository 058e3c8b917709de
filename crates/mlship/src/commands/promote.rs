//! `mlship promote`: moves traffic to a version that is deployed.

use clap::Args;
use mlship_core::deployment::{Destination, Route};
use mlship_core::share::Share;
use serde_json::json;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;
use crate::render;

/// `mlship promote`
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// The version that gets the traffic [default: the newest]
    #[arg(long, env = "MLSHIP_VERSION", value_name = "ID")]
    to: Option<String>,
    /// How much of the traffic, in percent; the live version keeps the rest
    #[arg(long, env = "MLSHIP_WEIGHT", value_name = "PERCENT", default_value = "100")]
    weight: Share,
}

pub(crate) fn run(context: &Context, args: PromoteArgs) -> Result<(), Failure> {
    let to = args.to.map_or(Destination::Newest, Destination::Version);
    let route = Route { to, share: args.weight };
    move_traffic(context, &args.provider.provider, &route, "mlship/promote/1")
}

/// Moves the traffic, and says from where to where. The answer has the schema `schema`.
pub(super) fn move_traffic(
    context: &Context,
    provider: &str,
    route: &Route,
    schema: &str,
) -> Result<(), Failure> {
    let loaded = context.load()?;
    let connection = providers::connect(provider, &loaded)?;
    let name = &loaded.project.name.value;
    let before = connection.wait(connection.provider.find(name))?;
    let moved = connection.of_deployed(name, connection.provider.route(name, route))?;
    let change = render::change(before.as_ref(), &moved);
    let text = format!("{change}\n{}", render::address(&moved.deployment));
    let changed = render::has_moved(before.as_ref(), &moved);
    let mut value = json!(moved);
    value["changed"] = changed.into();
    context.answer(schema, &value, &text);
    Ok(())
}
