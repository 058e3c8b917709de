//! What there is of a service's images. Reads only.

use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::{Image, Images, REGISTRIES, login, pull_role};
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::{failed, with_hint};
use crate::names::{Owner, Place};
use crate::resource::Standing;

/// What there is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Looked {
    pub(crate) registry: Option<Value>,
    pub(crate) identity: Option<Value>,
    /// Whether the identity may pull from the registry.
    pub(crate) may_pull: bool,
    /// `sha256:…` of the image that has the wanted one's tag.
    pub(crate) digest: Option<String>,
}

impl Looked {
    /// The registry's host.
    pub(crate) fn server(&self) -> Option<&str> {
        self.registry.as_ref()?["properties"]["loginServer"].as_str()
    }

    /// Who the identity is to the directory.
    pub(super) fn principal(&self) -> Option<&str> {
        self.identity.as_ref()?["properties"]["principalId"].as_str()
    }
}

impl Images {
    /// Looks at all of it. With no registry yet, whether its name can be had is asked too. Of what
    /// is foreign nothing more is read.
    pub(crate) async fn look(&self, cloud: &Cloud, image: &Image) -> Result<Looked, ProviderError> {
        let mut looked = self.look_at_resources(cloud).await?;
        if looked.registry.is_none() {
            self.name_is_free(cloud).await?;
            return Ok(looked);
        }
        let is_foreign = |(resource, found): &(crate::resource::Resource, Option<&Value>)| {
            resource.standing(*found) == Standing::Foreign
        };
        if self.with(&looked).iter().any(is_foreign) {
            return Ok(looked);
        }
        if let Some(principal) = looked.principal() {
            looked.may_pull = pull_role::is_given(cloud, self, principal).await?;
        }
        looked.digest = login::digest_of(cloud, self, looked.server(), &image.tag).await?;
        Ok(looked)
    }

    /// The registry and the identity.
    pub(super) async fn look_at_resources(&self, cloud: &Cloud) -> Result<Looked, ProviderError> {
        let name = self.registry.name();
        let call = Call { operation: "look at the container registry", resource: name };
        let registry = cloud.arm.get(call, &self.registry).await?;
        if registry.is_none() && self.owner == Owner::User {
            return Err(not_there(name));
        }
        let call = Call { operation: "look at the identity", resource: self.identity.name() };
        let identity = cloud.arm.get(call, &self.identity).await?;
        Ok(Looked { registry, identity, ..Looked::default() })
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
    with_hint(
        error,
        "name one that exists as `registry: …`, or leave the key out: mlship makes one",
    )
}
