//! `mlship serve`: runs the service in the foreground on this machine.

use clap::Args;
use mlship_core::artifact::Format;

use crate::context::{Context, Loaded};
use crate::engine;
use crate::failure::Failure;
use crate::providers;
use crate::release::{self, Built};
use crate::serving::{self, Anew, Process, Watch};
use crate::waiting;

/// `mlship serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The port of 127.0.0.1 that requests are taken at; 0 for any free one
    #[arg(long, env = "MLSHIP_PORT", default_value_t = 8080, value_name = "PORT")]
    port: u16,
    /// Build the container image and run that, under the memory, CPU and disk of its kind and
    /// behind the provider's protocol; needs a Docker Engine
    #[arg(long, env = "MLSHIP_IMAGE")]
    image: bool,
    /// With `--image`: whose image, and whose protocol
    #[arg(long, short, env = "MLSHIP_PROVIDER", default_value = "local", value_name = "NAME")]
    provider: String,
    /// Go on with what was there at the start when the manifest or a file that it names changes
    #[arg(long, env = "MLSHIP_NO_RELOAD")]
    no_reload: bool,
}

pub(crate) fn run(context: &Context, args: ServeArgs) -> Result<(), Failure> {
    let loaded = context.load()?;
    let waiting = waiting::runtime()?;
    if !args.image {
        return waiting.block_on(process(context, loaded, &args));
    }
    let layout = providers::layout(&args.provider, &loaded, Some(Format::Image))?;
    // Whoever has no engine hears of it before the image is built.
    let engine = waiting.block_on(engine::connect())?;
    let built = release::build(context, loaded, layout, None)?;
    waiting.block_on(async {
        let stage = providers::stage(&args.provider, &built.release.project, args.port).await?;
        let image = engine::load(context, &engine, &built).await?;
        built.turn.end();
        let served = serving::image(context, &engine, &image, stage).await;
        // The layers stay in the project's folder; the next run loads them again.
        let _ = engine.remove_image(&image).await;
        served
    })
}

async fn process(context: &Context, loaded: Loaded, args: &ServeArgs) -> Result<(), Failure> {
    let executable = providers::layout("local", &loaded, None)?.executable;
    let (first, watch) = built(context, loaded)?;
    let build = || built(context, context.load()?);
    let anew = (!args.no_reload).then_some(Anew { watch, build: &build });
    Process::new(&first, executable, args.port).await?.serve(context, first, anew).await
}

/// What is served, and what it was made of: as that was before it was read.
fn built(context: &Context, loaded: Loaded) -> Result<(Built, Watch), Failure> {
    let layout = providers::layout("local", &loaded, None)?;
    let watch = Watch::of(&loaded);
    Ok((release::build(context, loaded, layout, None)?, watch))
}
