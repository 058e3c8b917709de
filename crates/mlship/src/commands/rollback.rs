//! `mlship rollback`: moves the traffic back to an earlier version.

use clap::Args;
use serde_json::json;

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
    let before = connection.wait(connection.provider.find(name))?;
    let after = connection.wait(connection.provider.rollback(name, args.to.as_deref()))?;
    let from = before.as_ref().and_then(render::live_version);
    let to = render::live_version(&after);
    let text = format!(
        "{name} went from {} to {}\n{}",
        from.as_deref().unwrap_or("nothing"),
        to.as_deref().unwrap_or("nothing"),
        render::address(&after),
    );
    let value = json!({"from": before.and_then(|before| before.live), "deployment": after});
    context.answer("mlship/rollback/1", &value, &text);
    Ok(())
}
