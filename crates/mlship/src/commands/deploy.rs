//! `mlship deploy`: packages, checks the limits, shows the plan, applies it, and proves it.

use clap::Args;
use mlship_core::deployment::{Deployment, Request};
use mlship_core::release::Release;
use mlship_core::share::Share;
use serde_json::{Value, json};

use crate::cli::{AdoptFlag, ProviderFlag};
use crate::commands::check_limits;
use crate::context::Context;
use crate::failure::Failure;
use crate::providers::{self, Connection};
use crate::release;
use crate::render;

/// `mlship deploy`
#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    provider: ProviderFlag,
    #[command(flatten)]
    adopt: AdoptFlag,
    /// Do not ask before the plan is applied; without a terminal, or where `CI` is set, nobody is
    /// asked and it is applied
    #[arg(long, short, env = "MLSHIP_YES")]
    yes: bool,
    /// How much of the traffic the new version gets, in percent; the live one keeps the rest
    #[arg(long, env = "MLSHIP_WEIGHT", value_name = "PERCENT", default_value = "100")]
    weight: Share,
}

pub(crate) fn run(context: &Context, args: DeployArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let name = args.provider.provider;
    let layout = providers::layout(&name, &loaded, None)?;
    context.findings(&providers::warnings(&name, &loaded), &loaded.source);
    let connection = providers::connect_for(&name, &loaded, args.adopt.foreign())?;
    let kind = providers::kind(&name, &loaded)?;
    let mut built = release::build(context, loaded, layout, None)?;
    built.release.share = args.weight;
    check_limits::stop_if_over(context, &built, &name, &kind)?;

    let release = &built.release;
    let plan = connection.wait(connection.provider.plan(release))?;
    let changed = !plan.is_empty();
    if changed {
        context.say(&render::plan(&plan));
        let question = format!("apply this to {name}?");
        if name != "local" && !args.yes && context.may_ask() && !context.ask(&question) {
            return Err(Failure::usage("nothing was changed: the plan was declined"));
        }
        let progress = context.progress();
        let applied = connection.wait(connection.provider.apply(release, &plan, progress.as_ref()));
        applied.map_err(|error| {
            Failure::from(error)
                .hint("running this again goes on where it stopped")
                .hint(format!("what was made is taken away by: mlship destroy --provider {name}"))
        })?;
    } else {
        context.say("nothing changed: what is deployed is what the project says");
    }
    let deployment = connection
        .wait(connection.provider.find(&release.project.name.value))?
        .ok_or_else(|| Failure::internal("the deployment cannot be found after it was made"))?;
    report(context, &connection, &deployment, release, changed)
}

/// Ends with the first sample's answer and the address.
fn report(
    context: &Context,
    connection: &Connection,
    deployment: &Deployment,
    release: &Release,
    changed: bool,
) -> Result<(), Failure> {
    let mut text = String::new();
    let mut answer = Value::Null;
    let (sample, asked) = (release.samples.first(), release.share);
    let split = render::split(deployment, asked);
    // While the traffic is divided, either of two versions would answer; or an older one alone.
    if let Some(sample) = sample.filter(|_| split.is_none()) {
        let request = sample.request.to_string();
        let request = Request::json(request.as_bytes());
        let got = connection.wait(connection.provider.invoke(&deployment.name, request))?;
        answer = serde_json::from_slice(&got.body).unwrap_or(Value::Null);
        text.push_str(&format!("{} answers\n{answer:#}\n", sample.name));
    }
    if let Some(split) = split {
        text.push_str(&split);
    }
    text.push_str(&render::address(deployment));
    let page = release.project.serving.page;
    text.push_str(&render::page(deployment, page).unwrap_or_default());
    let value = json!({"changed": changed, "deployment": deployment, "answer": answer});
    context.answer("mlship/deploy/1", &value, &text);
    Ok(())
}
