//! The image of a release: the repository that it is in, and what sends it there.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_registry::logins;
use mlship_registry::{ErrorKind as RegistryKind, Login, Reference, RegistryError};
use serde_json::json;

use super::template::{Program, labels};
use super::wanted::{Wanted, step};
use crate::NAME;
use crate::connect::Cloud;
use crate::error::{Call, failed};
use crate::names::{Owner, Place};
use crate::rest::registry::Repository;

/// What is tried here, in words.
const OPERATION: &str = "send the image to";

/// What there is of it.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    repository: Option<Repository>,
    /// Whether the image is in it.
    is_there: bool,
}

impl Place {
    /// The full name of the repository.
    pub(crate) fn repository_name(&self) -> String {
        format!("{}/repositories/{}", self.location(), self.repository())
    }
}

impl Image {
    /// Looks at the repository, and for the image in it.
    ///
    /// # Errors
    /// The repository is somebody else's, takes no images, or the one of the manifest is not there.
    pub(crate) async fn look(
        cloud: &Cloud,
        wanted: &Wanted,
        release: &Release,
    ) -> Result<Self, ProviderError> {
        let place = &wanted.place;
        let name = place.repository_name();
        let repository = cloud.rest.repository(&name).await?;
        refuse_other(place, repository.as_ref())?;
        let is_there = match &repository {
            None => false,
            Some(_) => {
                let images = cloud.rest.images(&name, &place.service).await?;
                let digest = digest(release);
                images.iter().any(|image| image.digest == digest)
            }
        };
        Ok(Self { repository, is_there })
    }

    /// As it is before there is anything.
    pub(crate) fn absent() -> Self {
        Self { repository: None, is_there: false }
    }

    pub(crate) fn steps(&self, wanted: &Wanted) -> Vec<Step> {
        let place = &wanted.place;
        let mut steps = Vec::new();
        if self.repository.is_none() {
            steps.push(step(Verb::Create, "repository", place.repository()));
        }
        if !self.is_there {
            let name = format!("{}/{}:{}", place.repository(), place.service, wanted.version());
            steps.push(step(Verb::Upload, "image", name));
        }
        steps
    }

    /// Makes the repository and sends what the registry lacks of the image.
    pub(crate) async fn make(
        &self,
        cloud: &Cloud,
        wanted: &Wanted,
        release: &Release,
        progress: &dyn Progress,
    ) -> Result<Program, ProviderError> {
        let place = &wanted.place;
        let repository = match &self.repository {
            Some(repository) => repository.clone(),
            None => {
                progress.step(&format!("create repository {}", place.repository()));
                let at = (place.location(), place.repository());
                let at = (at.0.as_str(), at.1.as_str());
                cloud.rest.make_repository(at, &json!(labels(wanted))).await?
            }
        };
        let named = format!("{}/{}", repository.registry, place.service);
        if !self.is_there {
            progress.step(&format!("send the image to {named}"));
            push(cloud, &format!("{named}:{}", wanted.version()), release, progress).await?;
        }
        Ok(Program::Image(format!("{named}@{}", digest(release))))
    }
}

fn refuse_other(place: &Place, found: Option<&Repository>) -> Result<(), ProviderError> {
    let name = place.repository();
    match (found, place.repository_owner()) {
        (None, Owner::User) => {
            let reason = format!("there is no such repository in `{}`", place.location());
            let error = failed(ErrorKind::Refused, "use the repository", &name, reason);
            let hint = "name one that exists as `repository: …`, or leave the key out: mlship \
                        makes one";
            Err(error.with_hint(hint))
        }
        (Some(found), _) if found.format != "DOCKER" => {
            let reason = format!("it takes no images; its format is `{}`", found.format);
            let error = failed(ErrorKind::Refused, "use the repository", &name, reason);
            Err(error.with_hint("name one of the format `DOCKER`, or leave `repository` out"))
        }
        (Some(found), Owner::Mlship) if found.project_label.as_ref() != Some(&place.service) => {
            Err(ProviderError::foreign(NAME, "deploy", "repository", &name))
        }
        _ => Ok(()),
    }
}

/// `sha256:…` of a release's image.
fn digest(release: &Release) -> String {
    format!("sha256:{}", release.artifact.sha256.to_ascii_lowercase())
}

/// Sends what the registry lacks. Layers of the base come from the base's registry, with the login
/// that Docker would use there.
async fn push(
    cloud: &Cloud,
    to: &str,
    release: &Release,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let login = Login::Basic {
        user: "oauth2accesstoken".to_owned(),
        password: cloud.rest.access_token(Call::new(OPERATION, to)).await?,
    };
    let pushing = async {
        let to: Reference = to.parse()?;
        let base = match &release.project.image.base {
            None => Login::Anonymous,
            Some(base) => {
                let base: Reference = base.value.parse()?;
                match base.registry() == to.registry() {
                    true => login.clone(),
                    false => logins::find(base.registry(), &cloud.logins).await?,
                }
            }
        };
        mlship_registry::push(&release.artifact.path, &to, &login, &base, progress).await
    };
    let pushed = pushing.await.map_err(|error| refused(to, error))?;
    if pushed.digest == digest(release) {
        return Ok(());
    }
    let reason = format!("`{}` is not the image of this release", release.artifact.path.display());
    let error = failed(ErrorKind::Refused, OPERATION, to, reason);
    Err(error.with_hint("run `mlship package --provider gcp` again, and then the same command"))
}

/// A registry's refusal in the port's words.
fn refused(repository: &str, error: RegistryError) -> ProviderError {
    let kind = match error.kind {
        RegistryKind::Denied => ErrorKind::Denied,
        RegistryKind::NotFound => ErrorKind::NotFound,
        RegistryKind::Throttled => ErrorKind::Throttled,
        RegistryKind::Unavailable => ErrorKind::Unavailable,
        RegistryKind::Conflict => ErrorKind::Conflict,
        _ => ErrorKind::Refused,
    };
    let mut failure = failed(kind, OPERATION, repository, error.to_string());
    failure.hints.clone_from(&error.hints);
    let hint = match kind {
        ErrorKind::Denied => "it takes the role `roles/artifactregistry.writer` on the repository",
        ErrorKind::Throttled => "wait a minute and run the same command again",
        ErrorKind::Unavailable | ErrorKind::Conflict => {
            "run the same command again; it goes on where it stopped"
        }
        _ => "run `mlship package --provider gcp` again, and then the same command",
    };
    failure.source = Some(Box::new(error));
    failure.with_hint(hint)
}
