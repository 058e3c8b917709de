//! `mlship rollback`: moves the traffic back to an earlier version.

use clap::Args;
use mlship_core::deployment::{Destination, Route};
use mlship_core::share::Share;

use super::promote::move_traffic;
use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;

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
    let to = args.to.map_or(Destination::Previous, Destination::Version);
    let route = Route { to, share: Share::ALL };
    move_traffic(context, &args.provider.provider, &route, "mlship/rollback/1")
}
