//! What there is of a service's images. Reads only.

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::{Image, Images, REGISTRIES, login, pull_role};
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::failed;
use crate::names::{Owner, Place};
use crate::surroundings::{self, Global};

/// What there is.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    /// The registry when it is mlship's, and the identity.
    pub(super) parts: Vec<surroundings::Looked>,
    /// The registry, whoever's.
    pub(super) registry: Option<Value>,
    pub(super) identity: Option<Value>,
    /// Whether the identity may pull from the registry.
    pub(super) may_pull: bool,
    /// `sha256:…` of the image that has the wanted one's tag.
    pub(super) digest: Option<String>,
}

impl Looked {
    /// The registry's host.
    pub(crate) fn server(&self) -> Option<&str> {
        self.registry.as_ref()?["properties"]["loginServer"].as_str()
    }

    /// `sha256:…` of the image that has the wanted one's tag.
    pub(crate) fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The client id of the identity, which App Service wants.
    pub(crate) fn client(&self) -> Option<&str> {
        self.identity.as_ref()?["properties"]["clientId"].as_str()
    }

    /// Who the identity is to the directory.
    pub(super) fn principal(&self) -> Option<&str> {
        self.identity.as_ref()?["properties"]["principalId"].as_str()
    }
}

impl Images {
    /// Looks at all of it. With no registry yet, whether its name can be had is asked too.
    ///
    /// # Errors
    /// Something by these names is not mlship's, or the registry's name is somebody else's.
    pub(crate) async fn look(&self, cloud: &Cloud, image: &Image) -> Result<Looked, ProviderError> {
        self.look_at_tag(cloud, &image.tag).await
    }

    pub(super) async fn look_at_tag(
        &self,
        cloud: &Cloud,
        tag: &str,
    ) -> Result<Looked, ProviderError> {
        let parts = surroundings::look(&cloud.arm, self.resources()).await?;
        let found = |id: &Id| parts.iter().find(|part| part.resource.id == *id)?.found.clone();
        let registry = match self.owner {
            Owner::Mlship => found(&self.registry),
            Owner::User => Some(self.users_registry(cloud).await?),
        };
        let identity = found(&self.identity);
        let mut looked = Looked { parts, registry, identity, may_pull: false, digest: None };
        if looked.registry.is_none() {
            for part in looked.parts.iter().filter(|part| part.resource.id == self.registry) {
                surroundings::refuse_taken(cloud, part, Global::REGISTRY).await?;
            }
            return Ok(looked);
        }
        if let Some(principal) = looked.principal() {
            looked.may_pull = pull_role::is_given(cloud, self, principal).await?;
        }
        looked.digest = login::digest_of(cloud, self, looked.server(), tag).await?;
        Ok(looked)
    }

    async fn users_registry(&self, cloud: &Cloud) -> Result<Value, ProviderError> {
        let name = self.registry.name();
        let call = Call { operation: "look at the container registry", resource: name };
        cloud.arm.get(call, &self.registry).await?.ok_or_else(|| not_there(name))
    }
}

/// The registry that the manifest names.
pub(super) async fn given(cloud: &Cloud, place: &Place, name: &str) -> Result<Id, ProviderError> {
    let call = Call { operation: "look for the container registry", resource: name };
    let near = place.group.resource(REGISTRIES, name);
    if cloud.arm.get(call, &near).await?.is_some() {
        return Ok(near);
    }
    let provider =
        format!("/subscriptions/{}/providers/Microsoft.ContainerRegistry", place.subscription);
    let all = cloud.arm.list(call, &Id::of(provider), "registries", &[]).await?;
    let named = all.iter().filter_map(|registry| registry["id"].as_str().map(Id::of));
    let mut named = named.filter(|id| id.name().eq_ignore_ascii_case(name));
    named.next().ok_or_else(|| not_there(name))
}

fn not_there(name: &str) -> ProviderError {
    let reason = "there is no such registry in the subscription";
    let error = failed(ErrorKind::Refused, "use the container registry", name, reason);
    error.with_hint("name one that exists as `registry: …`, or leave the key out: mlship makes one")
}
