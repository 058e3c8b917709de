//! A bundle's contents to the artifact that the kind takes: an archive, an image, or an image that a
//! Dockerfile describes.

use std::path::Path;

use mlship_core::artifact::{Artifact, Format};
use mlship_core::image::Base;
use mlship_core::project::Project;
use mlship_package::{Contents, Layout, image, tar, zip};

use super::registry;
use crate::context::Context;
use crate::engine;
use crate::failure::Failure;
use crate::waiting::wait;

/// An artifact, and the image that it is built on.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) artifact: Artifact,
    pub(super) base: Option<Base>,
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
    refuse_special(out)?;
    let to =
        |ending: &str| out.map_or_else(|| work.join(format!("{name}.{ending}")), Path::to_owned);
    let (artifact, base) = match (layout.format, &project.image.dockerfile) {
        (Format::Zip, _) => (zip(contents, &to("zip"))?, None),
        (Format::Tar, _) => (tar(contents, &to("tar.gz"))?, None),
        (Format::Image, Some(_)) => {
            let (to, architecture) = (to("image"), layout.architecture);
            (wait(engine::dockerfile(context, project, contents, architecture, &to))??, None)
        }
        (Format::Image, None) => {
            let base = wait(registry::base(project, layout))??;
            (image(contents, &layout.frame(), base.as_ref(), &to("image"))?, base)
        }
    };
    Ok(Packed { artifact, base })
}

/// Refuses to write over what is neither a file nor a folder: a device, a pipe, a link.
fn refuse_special(out: Option<&Path>) -> Result<(), Failure> {
    let Some((out, about)) = out.and_then(|out| Some((out, out.symlink_metadata().ok()?))) else {
        return Ok(());
    };
    match about.is_file() || about.is_dir() {
        true => Ok(()),
        false => Err(Failure::usage(format!("`{}` is there, and is no file", out.display()))
            .hint("name a file: --out PATH")),
    }
}
