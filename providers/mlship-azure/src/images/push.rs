//! The one place that sends an image to the registry.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::logins::{self, Sources};
use mlship_registry::{ErrorKind as RegistryKind, Login, Reference, RegistryError};
use serde_json::Value;

use super::Image;
use crate::error::failed;

/// What is tried here, in words.
const OPERATION: &str = "send the image to";

/// Sends what the registry lacks of the image. Layers of its base come from the base's registry,
/// with the login that Docker would use there.
pub(super) async fn push(
    image: &Image,
    to: &Reference,
    login: &Login,
    sources: &Sources,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let repository = to.repository();
    check(image, repository)?;
    let base = base_login(image, to, login, sources).await;
    let base = base.map_err(|error| refused(OPERATION, repository, error))?;
    let pushed = mlship_registry::push(&image.layout, to, login, &base, progress).await;
    pushed.map(|_| ()).map_err(|error| refused(OPERATION, repository, error))
}

/// Refuses a folder that holds another image than the release says.
fn check(image: &Image, repository: &str) -> Result<(), ProviderError> {
    let file = image.layout.join("index.json");
    let operation = "read the image for";
    let text = std::fs::read(&file).map_err(|cause| {
        let reason = format!("`{}` cannot be read", file.display());
        let mut error = failed(ErrorKind::Refused, operation, repository, reason);
        error.source = Some(Box::new(cause));
        error
    })?;
    let index: Value = serde_json::from_slice(&text).unwrap_or_default();
    if index["manifests"][0]["digest"] == *image.digest {
        return Ok(());
    }
    let reason = format!("`{}` does not hold `{}`", image.layout.display(), image.digest);
    Err(failed(ErrorKind::Refused, operation, repository, reason))
}

async fn base_login(
    image: &Image,
    to: &Reference,
    login: &Login,
    sources: &Sources,
) -> Result<Login, RegistryError> {
    let Some(base) = &image.base else { return Ok(Login::Anonymous) };
    let base: Reference = base.parse()?;
    if base.registry() == to.registry() {
        return Ok(login.clone());
    }
    logins::find(base.registry(), sources).await
}

/// A registry's refusal in the port's words.
pub(super) fn refused(operation: &str, repository: &str, error: RegistryError) -> ProviderError {
    let kind = match error.kind {
        RegistryKind::Denied => ErrorKind::Denied,
        RegistryKind::NotFound => ErrorKind::NotFound,
        RegistryKind::Throttled => ErrorKind::Throttled,
        RegistryKind::Unavailable => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    };
    let mut failure = failed(kind, operation, repository, error.to_string());
    failure.hints.clone_from(&error.hints);
    let hint = match kind {
        ErrorKind::Denied => {
            "it takes the role `AcrPush` on the registry, or `Contributor`; to remove old images, \
             `AcrDelete`"
        }
        ErrorKind::Throttled => "wait a minute and run the same command again",
        ErrorKind::Unavailable => "run the same command again; it goes on where it stopped",
        _ => "run `mlship package` again, and then the same command",
    };
    failure = failure.with_hint(hint);
    failure.source = Some(Box::new(error));
    failure
}
