//! A service's images: the registry they are in, the identity that pulls them, and the right to.
//!
//! The order is [`Images::locate`], [`Images::look`], [`Images::steps`] for the plan, and
//! [`Images::make`] to carry it out; [`Images::keep`] removes the images of versions that nobody
//! goes back to, and [`Images::leave`] takes away what is in a registry of the user's; all else goes
//! with the service's other resources. What runs an image is another matter: it takes the [`Pull`]
//! that `make` answers with.

mod found;
mod image;
mod kept;
mod login;
mod make;
mod pull_role;
mod push;

pub(crate) use found::Looked;
pub(crate) use image::Image;
pub(crate) use make::{Pull, Right, not_yet};

use std::collections::BTreeMap;

use mlship_core::plan::{Step, Verb};
use mlship_core::provider::ProviderError;
use serde_json::json;

use crate::arm::Id;
use crate::connect::Cloud;
use crate::names::{Owner, Place};
use crate::resource::{Resource, tags};
use crate::surroundings;

/// Resource types.
const REGISTRIES: &str = "Microsoft.ContainerRegistry/registries";
const IDENTITIES: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// Where the images of a service are, and as whom they are pulled.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    pub(crate) registry: Id,
    /// A registry that the manifest names is the user's: it is not made, changed or removed.
    pub(crate) owner: Owner,
    /// The identity that whatever runs an image has.
    pub(crate) identity: Id,
    /// The name of the repository in the registry: `mlship/heart`.
    pub(crate) repository: String,
    place: Place,
    tags: BTreeMap<String, String>,
}

impl Images {
    /// Where they are, or will be. A registry that the manifest names is looked for in the
    /// service's group, and then in the whole subscription.
    pub(crate) async fn locate(cloud: &Cloud, place: &Place) -> Result<Self, ProviderError> {
        let (registry, owner) = match &cloud.config.registry {
            Some(name) => (found::given(cloud, place, name).await?, Owner::User),
            None => (place.group.resource(REGISTRIES, &place.unique_plain()), Owner::Mlship),
        };
        // Services of one name in two groups may share a registry of the user's.
        let repository = match owner {
            Owner::Mlship => format!("mlship/{}", place.service),
            Owner::User => format!("mlship/{}", place.unique()),
        };
        Ok(Self {
            registry,
            owner,
            identity: place.group.resource(IDENTITIES, &format!("mlship-{}", place.service)),
            repository,
            place: place.clone(),
            tags: place.tags(&cloud.config),
        })
    }

    /// What a PUT makes: the registry when it is mlship's, and the identity.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        match self.owner {
            Owner::Mlship => vec![self.registry_resource(), self.identity_resource()],
            Owner::User => vec![self.identity_resource()],
        }
    }

    fn registry_resource(&self) -> Resource {
        let body = json!({
            "location": self.place.location,
            "sku": {"name": "Basic"},
            "tags": tags(&self.tags),
            "properties": {"adminUserEnabled": false},
        });
        Resource { id: self.registry.clone(), noun: "container registry", body, unread: &[] }
    }

    fn identity_resource(&self) -> Resource {
        let body = json!({"location": self.place.location, "tags": tags(&self.tags)});
        Resource { id: self.identity.clone(), noun: "identity", body, unread: &[] }
    }

    /// What must be done so that `image` can be pulled, in order; nothing when it can.
    pub(crate) fn steps(&self, looked: &Looked, image: &Image) -> Vec<Step> {
        let mut steps = surroundings::steps(&looked.parts);
        let plain = |verb, resource: &str, name: String| Step {
            verb,
            resource: resource.to_owned(),
            name,
            differences: Vec::new(),
        };
        if !looked.may_pull {
            let name = format!("AcrPull on {}", self.registry.name());
            steps.push(plain(Verb::Create, "role assignment", name));
        }
        if looked.digest.as_ref() != Some(&image.digest) {
            let name = format!("{}:{}", self.repository, image.tag);
            steps.push(plain(Verb::Upload, "image", name));
        }
        steps
    }
}
