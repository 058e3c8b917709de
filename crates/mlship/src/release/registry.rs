//! Container registries as the command sees them: logins from Docker's configuration, base images,
//! and where an image is sent.

use std::future::Future;
use std::path::{Path, PathBuf};

use mlship_core::image::Base;
use mlship_core::project::Project;
use mlship_registry::logins::{self, Sources};
use mlship_registry::{Login, Platform, Pushed, Reference, RegistryError};

use crate::context::Context;
use crate::failure::Failure;

/// What an image's layers are built on, when the manifest says so.
pub(super) fn base(project: &Project, architecture: &str) -> Result<Option<Base>, Failure> {
    let Some(named) = &project.image.base else { return Ok(None) };
    let reference: Reference = named.value.parse()?;
    let base = wait(async {
        let login = logins::find(reference.registry(), &sources()).await?;
        mlship_registry::pull_base(&reference, &Platform::linux(architecture), &login).await
    })?;
    Ok(Some(base?))
}

/// Brings the base's layers into the image's folder, so that it is whole.
pub(crate) fn complete(context: &Context, base: &Base, layout: &Path) -> Result<(), Failure> {
    let reference: Reference = base.reference.parse()?;
    let progress = context.progress();
    wait(async {
        let login = logins::find(reference.registry(), &sources()).await?;
        mlship_registry::fetch_layers(base, &login, layout, progress.as_ref()).await
    })??;
    Ok(())
}

/// Sends an image to a registry with the logins that Docker has.
pub(crate) fn push(
    context: &Context,
    layout: &Path,
    to: &str,
    base: Option<&Base>,
) -> Result<Pushed, Failure> {
    let to: Reference = to.parse()?;
    let progress = context.progress();
    let pushed = wait(async {
        let login = logins::find(to.registry(), &sources()).await?;
        let base_login = match base {
            Some(base) => {
                let reference: Reference = base.reference.parse()?;
                logins::find(reference.registry(), &sources()).await?
            }
            None => Login::Anonymous,
        };
        mlship_registry::push(layout, &to, &login, &base_login, progress.as_ref()).await
    })?;
    Ok(pushed?)
}

/// Where Docker keeps logins.
fn sources() -> Sources {
    let named = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker"));
    Sources { docker_config: named.or_else(home), path: std::env::var_os("PATH") }
}

fn wait<T>(
    call: impl Future<Output = Result<T, RegistryError>>,
) -> Result<Result<T, RegistryError>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("could not start waiting: {error}")))?;
    Ok(runtime.block_on(call))
}
