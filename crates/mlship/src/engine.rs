//! The Docker Engine, as the commands use it: images into it, and images of Dockerfiles out of it.

use std::fs;
use std::path::Path;

use mlship_core::artifact::Artifact;
use mlship_core::project::Project;
use mlship_engine::{Engine, EngineError};
use mlship_package::{Contents, Form, docker_archive, from_docker_archive};

use crate::context::Context;
use crate::failure::Failure;
use crate::release::{Built, registry};

/// The longest Dockerfile that is read, in bytes.
const DOCKERFILE_BYTES: u64 = 1024 * 1024;

/// Connects to the engine that `DOCKER_HOST` names, or to the one of this machine.
pub(crate) async fn connect() -> Result<Engine, Failure> {
    let host = std::env::var("DOCKER_HOST").ok();
    Engine::connect(host.as_deref()).await.map_err(failure)
}

/// Loads the project's image.
pub(crate) async fn load(
    context: &Context,
    engine: &Engine,
    built: &Built,
) -> Result<String, Failure> {
    let layout = built.release.artifact.path.clone();
    if let Some(base) = &built.base {
        registry::complete(context, base, &layout).await?;
    }
    let progress = context.progress();
    let name = format!("mlship/{}", built.release.project.name.value);
    let write = move |mut to: &mut dyn std::io::Write| {
        docker_archive(&layout, Some(&name), &mut to).map_err(std::io::Error::other)
    };
    engine.load(write, progress.as_ref()).await.map_err(failure)
}

/// Builds the project's Dockerfile over its bundle, and writes the image as an OCI layout to `to`:
/// from there it is pushed without the engine.
pub(crate) async fn dockerfile(
    context: &Context,
    project: &Project,
    contents: &Contents,
    architecture: &str,
    to: &Path,
) -> Result<Artifact, Failure> {
    let engine = connect().await?;
    let id = build(context, &engine, project, contents, architecture).await?;
    let archive = to.with_extension("tar");
    let saved = engine.save(&id, &archive).await;
    let artifact = match saved {
        Ok(()) => from_docker_archive(&archive, Form::Oci, to).map_err(Failure::from),
        Err(error) => Err(failure(error)),
    };
    // What is left over is written over, or found again, by the next build.
    let _ = fs::remove_file(&archive);
    let _ = engine.remove_image(&id).await;
    artifact
}

async fn build(
    context: &Context,
    engine: &Engine,
    project: &Project,
    contents: &Contents,
    architecture: &str,
) -> Result<String, Failure> {
    let name = project.image.dockerfile.as_ref().map_or("Dockerfile", |path| &path.value);
    let path = project.root.join(name);
    let unreadable =
        |error| Failure::usage(format!("could not read the Dockerfile `{name}`: {error}"));
    if fs::metadata(&path).map_err(unreadable)?.len() > DOCKERFILE_BYTES {
        return Err(Failure::usage(format!("`{name}` is too long for a Dockerfile")));
    }
    let text = fs::read_to_string(&path).map_err(unreadable)?;
    let folder = project.root.join(".mlship/context");
    contents.write(&folder)?;
    let platform = format!("linux/{architecture}");
    let built = engine.build(&folder, &text, &platform, context.progress().as_ref()).await;
    let _ = fs::remove_dir_all(&folder);
    built.map_err(failure)
}

/// An engine's failure, with what can be done.
pub(crate) fn failure(error: EngineError) -> Failure {
    let (message, hints) = (error.to_string(), error.hints());
    let failure = match error {
        EngineError::NoEngine { .. } | EngineError::Address { .. } => Failure::usage(message),
        EngineError::Build { said, .. } => {
            let failure = Failure::usage(message);
            said.into_iter().fold(failure, |failure, line| failure.hint(format!("it said: {line}")))
        }
        EngineError::File { source, .. } => Failure::usage(format!("{message}: {source}")),
        EngineError::Refused { .. } => Failure::answered(message),
    };
    hints.into_iter().fold(failure, Failure::hint)
}
