//! The repository of a service's images, its policies, and whether the image is there.

use aws_sdk_ecr::types::{ImageIdentifier, Tag};
use mlship_core::provider::ProviderError;
use serde_json::Value;

use super::Ownership;
use crate::connect::Clients;
use crate::error::Outcome;
use crate::image::Image;

/// A repository by the name that the service's would have.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    pub(crate) ownership: Ownership,
    /// What is expired when, if that is set and can be read.
    pub(crate) lifecycle: Option<Value>,
    /// Who may read it, if that is set and can be read.
    pub(crate) pull_policy: Option<Value>,
    /// Whether the image that is wanted is in it.
    pub(crate) has_image: bool,
}

/// Looks for the repository and the image. Of a foreign one nothing more is read.
pub(crate) async fn look(
    clients: &Clients,
    service: &str,
    image: &Image,
) -> Result<Option<Repository>, ProviderError> {
    let name = &image.repository;
    let Some(ownership) = ownership(clients, service, name).await? else { return Ok(None) };
    if ownership == Ownership::Foreign {
        let nothing = (None, None, false);
        let (lifecycle, pull_policy, has_image) = nothing;
        return Ok(Some(Repository { ownership, lifecycle, pull_policy, has_image }));
    }
    let call = clients.ecr.get_lifecycle_policy().repository_name(name).send();
    let lifecycle = call.await.if_there("read the lifecycle policy of the repository", name)?;
    let call = clients.ecr.get_repository_policy().repository_name(name).send();
    let pull_policy = call.await.if_there("read the policy of the repository", name)?;
    let read = |text: &str| serde_json::from_str(text).ok();
    Ok(Some(Repository {
        ownership,
        lifecycle: lifecycle.and_then(|found| read(found.lifecycle_policy_text()?)),
        pull_policy: pull_policy.and_then(|found| read(found.policy_text()?)),
        has_image: has_image(clients, image).await?,
    }))
}

/// Whether there is such a repository, and whose it is.
pub(crate) async fn ownership(
    clients: &Clients,
    service: &str,
    name: &str,
) -> Result<Option<Ownership>, ProviderError> {
    let call = clients.ecr.describe_repositories().repository_names(name).send();
    let found = call.await.if_there("look at the repository", name)?;
    let Some(arn) = found.as_ref().and_then(|found| found.repositories().first()?.repository_arn())
    else {
        return Ok(None);
    };
    let call = clients.ecr.list_tags_for_resource().resource_arn(arn).send();
    let tags = call.await.if_there("read the tags of the repository", name)?;
    Ok(tags.map(|tags| Ownership::of(service, tags.tags().iter().map(pair))))
}

/// Whether the repository has the image.
pub(crate) async fn has_image(clients: &Clients, image: &Image) -> Result<bool, ProviderError> {
    let wanted = ImageIdentifier::builder().image_digest(&image.digest).build();
    let call = clients.ecr.describe_images().repository_name(&image.repository).image_ids(wanted);
    let found = call.send().await.if_there("look at the image in", &image.repository)?;
    // Without its tag it would be expired.
    let tag = image.tag();
    Ok(found.is_some_and(|found| {
        found.image_details().iter().any(|details| details.image_tags().contains(&tag))
    }))
}

fn pair(tag: &Tag) -> (&str, &str) {
    (tag.key(), tag.value())
}
