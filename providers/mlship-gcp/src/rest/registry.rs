//! Artifact Registry: the repository that images are in, and the images in it.
//!
//! Images are pushed and pulled by `mlship-registry`; this is the surrounding API.

use mlship_core::provider::ProviderError;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Rest};
use crate::error::Call;
use crate::names::PROJECT_LABEL;

/// How often a repository is looked for that is said to be there already.
const MAKES: u32 = 20;

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// Where images are pushed: `europe-west1-docker.pkg.dev/p/r`.
    pub(crate) registry: String,
    /// The service that mlship made it for.
    pub(crate) project_label: Option<String>,
    /// `DOCKER`, for one that takes images.
    pub(crate) format: String,
}

/// An image of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its full name in the API, for [`Rest::delete_image`].
    pub(crate) name: String,
    /// `sha256:…`.
    pub(crate) digest: String,
    /// RFC 3339.
    pub(crate) created: Option<String>,
}

impl Rest {
    /// The repository of this full name: `projects/p/locations/r/repositories/n`.
    pub(crate) async fn repository(&self, name: &str) -> Result<Option<Repository>, ProviderError> {
        let call = Call::new("look at the repository", name);
        let found = self.find(call, Api::ArtifactRegistry, &format!("v1/{name}"), &[]).await?;
        Ok(found.map(|found| Repository::read(&found, name)))
    }

    /// Makes a repository for images, and waits until it is there. One that is there already is
    /// given as it is.
    pub(crate) async fn make_repository(
        &self,
        (location, id): (&str, &str),
        labels: &Value,
    ) -> Result<Repository, ProviderError> {
        let name = format!("{location}/repositories/{id}");
        let call = Call::new("make the repository", id);
        let to = (Method::POST, Api::ArtifactRegistry, format!("v1/{location}/repositories"));
        let body = json!({
            "format": "DOCKER",
            "description": "Images of a service that mlship deploys",
            "labels": labels,
        });
        let to = (to.0, to.1, to.2.as_str());
        let answer = self.ask(call, to, &[("repositoryId", id)], Some(&body)).await?;
        if answer.status == 409 {
            return self.made_before(call, &name).await;
        }
        let operation = super::json::read(call, &answer)?;
        let made = self.done(call, (Api::ArtifactRegistry, "v1"), operation).await?;
        match made["registryUri"].is_string() {
            true => Ok(Repository::read(&made, &name)),
            false => self.made_before(call, &name).await,
        }
    }

    /// The repository that a try before, or somebody else, is making.
    async fn made_before(&self, call: Call<'_>, name: &str) -> Result<Repository, ProviderError> {
        for _ in 0..MAKES {
            if let Some(found) = self.repository(name).await? {
                return Ok(found);
            }
            tokio::time::sleep(self.pace.poll).await;
        }
        let reason = "somebody else is making or removing it";
        let conflict = mlship_core::provider::ErrorKind::Conflict;
        Err(crate::error::failed(conflict, call.operation, call.resource, reason))
    }

    /// Removes a repository with all its images; one that is not there is fine.
    pub(crate) async fn delete_repository(&self, name: &str) -> Result<(), ProviderError> {
        self.remove(Call::new("remove the repository", name), name, &[]).await
    }

    /// The images of one name (`package`) in a repository, by digest.
    pub(crate) async fn images(
        &self,
        repository: &str,
        package: &str,
    ) -> Result<Vec<Kept>, ProviderError> {
        let call = Call::new("look at the images of", package);
        let path = format!("v1/{repository}/packages/{package}/versions");
        let found = self.list(call, (Api::ArtifactRegistry, &path), &[], "versions").await?;
        let kept = found.iter().filter_map(|one| {
            let name = one["name"].as_str()?;
            let digest = name.rsplit('/').next().filter(|id| id.starts_with("sha256:"))?;
            let created = one["createTime"].as_str().map(str::to_owned);
            Some(Kept { name: name.to_owned(), digest: digest.to_owned(), created })
        });
        Ok(kept.collect())
    }

    /// Removes an image with its tags; one that is not there is fine.
    pub(crate) async fn delete_image(&self, image: &Kept) -> Result<(), ProviderError> {
        let call = Call::new("remove the image", &image.digest);
        self.remove(call, &image.name, &[("force", "true")]).await
    }

    async fn remove(
        &self,
        call: Call<'_>,
        name: &str,
        query: &[(&str, &str)],
    ) -> Result<(), ProviderError> {
        let path = format!("v1/{name}");
        let to = (Method::DELETE, Api::ArtifactRegistry, path.as_str());
        let answer = self.ask(call, to, query, None).await?;
        if answer.status == 404 {
            return Ok(());
        }
        let operation = super::json::read(call, &answer)?;
        self.done(call, (Api::ArtifactRegistry, "v1"), operation).await.map(drop)
    }
}

impl Repository {
    fn read(found: &Value, name: &str) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        // `projects/p/locations/r/repositories/n`, should the answer not say it.
        let derived = || match name.split('/').collect::<Vec<_>>()[..] {
            [_, project, _, region, _, id] => format!("{region}-docker.pkg.dev/{project}/{id}"),
            _ => String::new(),
        };
        Self {
            registry: text(&found["registryUri"]).unwrap_or_else(derived),
            project_label: text(&found["labels"][PROJECT_LABEL]),
            format: text(&found["format"]).unwrap_or_default(),
        }
    }
}
