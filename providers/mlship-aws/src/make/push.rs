//! The one place that speaks to the registry of images.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::logins::{self, Sources};
use mlship_registry::{ErrorKind as RegistryKind, Login, Reference, RegistryError};
use serde_json::Value;

use crate::error::failed;
use crate::image::Image;

/// A registry, and who one is to it.
pub(crate) struct Registry {
    /// Host and port.
    pub(crate) host: String,
    pub(crate) login: Login,
}

/// Sends what the registry lacks of the image. Layers of its base come from the base's registry,
/// with the login that Docker would use there.
pub(crate) async fn push(
    registry: &Registry,
    image: &Image,
    sources: &Sources,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let Registry { host, login } = registry;
    let repository = &image.repository;
    check(image)?;
    let name = format!("{host}/{repository}:{}", image.tag());
    let to: Reference = name.parse().map_err(|error| refused(repository, error))?;
    let base = base_login(image, registry, sources).await;
    let base = base.map_err(|error| refused(repository, error))?;
    let pushed = mlship_registry::push(&image.layout, &to, login, &base, progress).await;
    pushed.map(|_| ()).map_err(|error| refused(repository, error))
}

/// Refuses a folder that holds another image: the tag could never be given to the right one.
fn check(image: &Image) -> Result<(), ProviderError> {
    let file = image.layout.join("index.json");
    let operation = "read the image for";
    let text = std::fs::read(&file).map_err(|cause| {
        let reason = format!("`{}` cannot be read", file.display());
        let mut error = failed(ErrorKind::Refused, operation, &image.repository, reason);
        error.source = Some(Box::new(cause));
        error
    })?;
    let index: Value = serde_json::from_slice(&text).unwrap_or_default();
    if index["manifests"][0]["digest"] == *image.digest {
        return Ok(());
    }
    let reason = format!("`{}` does not hold `{}`", image.layout.display(), image.digest);
    Err(failed(ErrorKind::Refused, operation, &image.repository, reason))
}

async fn base_login(
    image: &Image,
    registry: &Registry,
    sources: &Sources,
) -> Result<Login, RegistryError> {
    let Some(base) = &image.base else { return Ok(Login::Anonymous) };
    let base: Reference = base.parse()?;
    if [&registry.host, &image.registry].iter().any(|own| own.as_str() == base.registry()) {
        return Ok(registry.login.clone());
    }
    logins::find(base.registry(), sources).await
}

/// A registry's refusal in the port's words.
fn refused(repository: &str, error: RegistryError) -> ProviderError {
    let kind = match error.kind {
        RegistryKind::Denied => ErrorKind::Denied,
        RegistryKind::NotFound => ErrorKind::NotFound,
        RegistryKind::Throttled => ErrorKind::Throttled,
        RegistryKind::Unavailable => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    };
    let mut failure = failed(kind, "send the image to", repository, error.to_string());
    failure.hints.clone_from(&error.hints);
    let hint = match kind {
        ErrorKind::Denied => {
            "it takes `ecr:InitiateLayerUpload`, `ecr:UploadLayerPart`, `ecr:CompleteLayerUpload`, \
             `ecr:BatchCheckLayerAvailability`, `ecr:BatchGetImage` and `ecr:PutImage` on the \
             repository"
        }
        ErrorKind::Throttled => "wait a minute and run the same command again",
        ErrorKind::Unavailable => "run the same command again; it goes on where it stopped",
        _ => "run `mlship package` again, and then the same command",
    };
    failure = failure.with_hint(hint);
    failure.source = Some(Box::new(error));
    failure
}
