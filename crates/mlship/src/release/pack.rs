//! A bundle's contents to the artifact that the kind takes: a zip, an image, or an image that a
//! Dockerfile describes.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::artifact::{Artifact, Format};
use mlship_core::image::Base;
use mlship_core::project::Project;
use mlship_engine::Engine;
use mlship_package::{Contents, Form, Layout, from_docker_archive, image, zip};

use super::registry;
use crate::context::Context;
use crate::failure::Failure;

/// An artifact, and the image that it is built on.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) artifact: Artifact,
    pub(crate) base: Option<Base>,
}

/// Packs into the folder `work`, or at `out`.
pub(super) fn pack(
    context: &Context,
    contents: &Contents,
    project: &Project,
    layout: &Layout,
    work: &Path,
    out: Option<&Path>,
) -> Result<Packed, Failure> {
    let name = &project.name.value;
    let to = |ending: &str| {
        out.map_or_else(|| work.join(format!("{name}.{ending}")), Path::to_owned)
    };
    let (artifact, base) = match (layout.format, &project.image.dockerfile) {
        (Format::Zip, _) => (zip(contents, &to("zip"))?, None),
        (Format::Image, Some(dockerfile)) => {
            let file = project.root.join(&dockerfile.value);
            (built(context, contents, &file, layout, work, &to("image"))?, None)
        }
        (Format::Image, None) => {
            let base = registry::base(project, layout.architecture)?;
            (image(contents, &layout.frame(), base.as_ref(), &to("image"))?, base)
        }
    };
    Ok(Packed { artifact, base })
}

/// Builds the user's Dockerfile with the bundle as its context.
fn built(
    context: &Context,
    contents: &Contents,
    dockerfile: &Path,
    layout: &Layout,
    work: &Path,
    to: &Path,
) -> Result<Artifact, Failure> {
    let text = fs::read_to_string(dockerfile).map_err(|error| {
        Failure::usage(format!("could not read `{}`: {error}", dockerfile.display()))
    })?;
    let folder = work.join("context");
    contents.write(&folder)?;
    let archive: PathBuf = work.join("docker.tar");
    let progress = context.progress();
    let saved = crate::engine::wait(async {
        let engine = Engine::connect(std::env::var("DOCKER_HOST").ok().as_deref()).await?;
        let platform = format!("linux/{}", layout.architecture);
        let id = engine.build(&folder, &text, &platform, progress.as_ref()).await?;
        engine.save(&id, &archive).await
    })?;
    saved?;
    let artifact = from_docker_archive(&archive, Form::Oci, to);
    // The archive has done its part; a leftover is written over by the next build.
    let _ = fs::remove_file(&archive);
    Ok(artifact?)
}
