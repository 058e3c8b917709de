//! The repository of a service's images, and the policies on it.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{ImageScanningConfiguration, ImageTagMutability, Tag};
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::image::{Image, lifecycle};

/// Makes the repository with its tags, in one call. An image's tag cannot be moved to another.
pub(crate) async fn create(
    clients: &Clients,
    image: &Image,
    tags: &BTreeMap<String, String>,
) -> Result<(), ProviderError> {
    let name = &image.repository;
    let operation = "create the repository";
    let tags: Result<Vec<Tag>, _> =
        tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let tags =
        tags.map_err(|error| failed(ErrorKind::Refused, operation, name, error.to_string()))?;
    let scan = ImageScanningConfiguration::builder().scan_on_push(true).build();
    let call = clients
        .ecr
        .create_repository()
        .repository_name(name)
        .image_tag_mutability(ImageTagMutability::Immutable)
        .image_scanning_configuration(scan)
        .set_tags(Some(tags));
    call.send().await.doing(operation, name).map(|_| ())
}

/// Sets what is expired.
pub(crate) async fn put_lifecycle(clients: &Clients, image: &Image) -> Result<(), ProviderError> {
    let name = &image.repository;
    let call = clients.ecr.put_lifecycle_policy().repository_name(name);
    let call = call.lifecycle_policy_text(lifecycle().to_string());
    call.send().await.doing("set the lifecycle policy of the repository", name).map(|_| ())
}

/// Lets Lambda read the repository.
pub(crate) async fn put_pull_policy(clients: &Clients, image: &Image) -> Result<(), ProviderError> {
    let name = &image.repository;
    let call = clients.ecr.set_repository_policy().repository_name(name);
    let call = call.policy_text(image.pull_policy.to_string());
    call.send().await.doing("set the policy of the repository", name).map(|_| ())
}
