//! An image in a Docker Engine, under the conditions of a kind and behind its protocol.

use std::io::Write;
use std::pin::pin;

use mlship_core::project::Page;
use mlship_core::stage::{Cue, Reached, Stage};
use mlship_engine::{Caps, Container, End, Engine, EngineError, Line, Network, Root, Running};

use super::{announce, asked_to_end};
use crate::context::Context;
use crate::engine::failure;
use crate::failure::Failure;

/// Why a container is no longer wanted.
enum Over {
    /// The user, or the system, wants an end.
    Asked,
    /// The kind would have it replaced; why.
    Replace(String),
    /// It ended by itself.
    Ended(End),
}

/// Serves until it is asked to end. A container that ends is started anew, as a provider would,
/// unless it never came to take a request.
pub(crate) async fn image(
    context: &Context,
    engine: &Engine,
    image: &str,
    mut stage: Box<dyn Stage>,
) -> Result<(), Failure> {
    let container = container(image, stage.as_ref());
    // Behind a provider's protocol no caller is this machine's own.
    announce(context, &stage.url(), Page::Off, Some(&stage.conditions().to_string()));
    let mut asked = pin!(asked_to_end());
    loop {
        let running = tokio::select! {
            running = engine.run(&container) => running.map_err(failure)?,
            _ = &mut asked => return Ok(()),
        };
        let over = tokio::select! {
            over = watch(context, &running, stage.as_mut()) => over,
            _ = &mut asked => Ok(Over::Asked),
        };
        let stopped = running.stop().await;
        match over.map_err(failure)? {
            Over::Asked => return stopped.map_err(failure),
            Over::Replace(why) => {
                stage.ended(&why);
                context.say(&format!("the container is replaced: {why}"));
            }
            Over::Ended(end) => {
                if stage.ended(&end.to_string()) == Reached::NotReady {
                    let message = format!("the image does not start: {end}");
                    return Err(Failure::answered(message));
                }
                context.say(&format!("the container ended, and another starts: {end}"));
            }
        }
    }
}

fn container(image: &str, stage: &dyn Stage) -> Container {
    let conditions = stage.conditions();
    Container {
        image: image.to_owned(),
        environment: conditions.environment.clone(),
        user: conditions.user.clone(),
        caps: Caps {
            memory_mb: conditions.memory_mb,
            cpus_milli: conditions.cpus_milli,
            tmp_mb: conditions.tmp_mb,
            root: Root::ReadOnly,
            network: Network::Host,
        },
    }
}

/// Forwards what it writes and what its stage says, until it is over.
async fn watch(
    context: &Context,
    running: &Running,
    stage: &mut dyn Stage,
) -> Result<Over, EngineError> {
    let mut ended = pin!(async {
        // All that it wrote is told before its end is.
        let (_, end) = tokio::join!(running.logs(forward), running.wait());
        end
    });
    loop {
        tokio::select! {
            end = &mut ended => return end.map(Over::Ended),
            cue = stage.cue() => match cue {
                Cue::Say(line) => context.say(&line),
                Cue::Replace(why) => return Ok(Over::Replace(why)),
            },
        }
    }
}

/// A container's logs are for the eye, like a process's: stdout is for the answer alone.
fn forward(line: Line) {
    let _ = std::io::stderr().write_all(line.text.as_bytes());
}
