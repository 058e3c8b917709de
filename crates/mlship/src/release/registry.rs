//! Container registries as the command sees them: logins from Docker's configuration, base images,
//! and where an image is sent.

use std::path::{Path, PathBuf};

use mlship_core::image::Base;
use mlship_core::project::Project;
use mlship_package::Layout;
use mlship_registry::logins::{self, Sources};
use mlship_registry::{Login, Platform, Pushed, Reference};

use crate::context::Context;
use crate::failure::Failure;

/// What an image's layers are built on, when the manifest or the provider says so.
pub(super) async fn base(project: &Project, layout: &Layout) -> Result<Option<Base>, Failure> {
    let named = project.image.base.as_ref().map(|named| named.value.as_str());
    let named = named.or(layout.base.as_deref());
    let Some(named) = named else { return Ok(None) };
    let reference: Reference = named.parse()?;
    let login = logins::find(reference.registry(), &sources()).await?;
    let platform = Platform::linux(layout.architecture);
    Ok(Some(mlship_registry::pull_base(&reference, &platform, &login).await?))
}

/// Brings the base's layers into the image's folder, so that it is whole.
pub(crate) async fn complete(context: &Context, base: &Base, layout: &Path) -> Result<(), Failure> {
    let login = login_of(base).await?;
    mlship_registry::fetch_layers(base, &login, layout, context.progress().as_ref()).await?;
    Ok(())
}

/// Sends an image to a registry with the logins that Docker has.
pub(crate) async fn push(
    context: &Context,
    layout: &Path,
    to: &str,
    base: Option<&Base>,
) -> Result<Pushed, Failure> {
    let to: Reference = to.parse()?;
    let login = logins::find(to.registry(), &sources()).await?;
    let base_login = match base {
        Some(base) => login_of(base).await?,
        None => Login::Anonymous,
    };
    let progress = context.progress();
    Ok(mlship_registry::push(layout, &to, &login, &base_login, progress.as_ref()).await?)
}

/// Where Docker keeps logins.
pub(crate) fn sources() -> Sources {
    let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    Sources { docker_config: named.or_else(home), path: std::env::var_os("PATH") }
}

async fn login_of(base: &Base) -> Result<Login, Failure> {
    let reference: Reference = base.reference.parse()?;
    Ok(logins::find(reference.registry(), &sources()).await?)
}
