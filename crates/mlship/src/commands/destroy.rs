//! `mlship destroy`: removes everything that was made for the project, and nothing else.

use clap::Args;
use serde_json::json;

use crate::cli::ProviderFlag;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers;

/// `mlship destroy`
#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    /// Do not ask; needed where there is no terminal, but for local services
    #[arg(long, short, env = "MLSHIP_YES")]
    yes: bool,
}

pub(crate) fn run(context: &Context, args: DestroyArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let provider = &args.provider.provider;
    let connection = providers::connect(provider, &loaded)?;
    let name = &loaded.project.name.value;
    let question = format!("remove `{name}` and all its versions from {provider}?");
    if !args.yes && context.may_ask() && !context.ask(&question) {
        return Err(Failure::usage("nothing was removed: the question was declined"));
    }
    if !args.yes && !context.may_ask() && provider != "local" {
        return Err(Failure::usage("nothing was removed: there is nobody to ask")
            .hint(format!("say it beforehand: mlship destroy --provider {provider} --yes")));
    }
    let progress = context.progress();
    let removed = connection.wait(connection.provider.remove(name, progress.as_ref()))?;
    let text = if removed.is_empty() {
        format!("{name} is not on {provider}: nothing to remove")
    } else {
        format!("removed {}", removed.join(", "))
    };
    context.answer("mlship/destroy/1", &json!({"removed": removed}), &text);
    Ok(())
}
