//! Which images stay: those of versions that somebody may go back to. And the removal of all.

use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::ProviderError;
use mlship_registry::Login;

use super::push::refused;
use super::{Images, login, pull_role};
use crate::arm::Call;
use crate::connect::Cloud;
use crate::names::{Owner, PROJECT};

impl Images {
    /// Removes the images of versions other than `versions` from the registry at `server`. That an image cannot be removed is
    /// said, and is no error: nothing runs it.
    pub(crate) async fn keep(
        &self,
        cloud: &Cloud,
        server: &str,
        versions: &[String],
        progress: &dyn Progress,
    ) {
        if let Err(error) = self.tidy(cloud, server, versions, progress).await {
            progress.step(&format!("old images stay: {}", error.reason));
        }
    }

    async fn tidy(
        &self,
        cloud: &Cloud,
        server: &str,
        versions: &[String],
        progress: &dyn Progress,
    ) -> Result<Removed, ProviderError> {
        let login = login::login(cloud, server).await?;
        let (kept, old): (Vec<_>, Vec<_>) = self
            .tags_of_versions(server, &login)
            .await?
            .into_iter()
            .partition(|tag| versions.contains(tag));
        let mut needed = Vec::new();
        for tag in if old.is_empty() { Vec::new() } else { kept } {
            needed.extend(self.digest(server, &tag, &login).await?);
        }
        let mut removed = Removed::new();
        for tag in old {
            // Versions that differ in settings alone have one image.
            let digest = self.digest(server, &tag, &login).await?;
            if digest.is_none_or(|digest| needed.contains(&digest)) {
                continue;
            }
            progress.step(&format!("delete image {}:{tag}", self.repository));
            let image = login::named(server, &self.repository, &tag)?;
            let gone = mlship_registry::remove(&image, &login).await;
            if gone.map_err(|error| refused("remove the image in", &self.repository, error))? {
                removed.push(format!("image {}:{tag}", self.repository));
            }
        }
        Ok(removed)
    }

    /// Tags that are ids of versions; others in the repository are not mlship's.
    async fn tags_of_versions(
        &self,
        server: &str,
        login: &Login,
    ) -> Result<Vec<String>, ProviderError> {
        let repository = login::named(server, &self.repository, "latest")?;
        let tags = mlship_registry::tags(&repository, login).await;
        let tags = tags.map_err(|error| refused("list the images in", &self.repository, error))?;
        Ok(tags.into_iter().filter(|tag| is_version(tag)).collect())
    }

    async fn digest(
        &self,
        server: &str,
        tag: &str,
        login: &Login,
    ) -> Result<Option<String>, ProviderError> {
        let image = login::named(server, &self.repository, tag)?;
        let looked = mlship_registry::look(&image, login).await;
        looked.map_err(|error| refused("look for the image in", &self.repository, error))
    }

    /// Takes back the right to pull from a registry of the user's, and the images in it. What is
    /// in a registry of mlship's goes with it.
    pub(crate) async fn leave(
        &self,
        cloud: &Cloud,
        progress: &dyn Progress,
    ) -> Result<Removed, ProviderError> {
        let mut removed = Removed::new();
        let call =
            Call { operation: "look at the container registry", resource: self.registry.name() };
        let registry = match self.owner {
            Owner::Mlship => None,
            Owner::User => cloud.arm.get(call, &self.registry).await?,
        };
        let Some(registry) = registry else { return Ok(removed) };
        let call = Call { operation: "look at the identity", resource: self.identity.name() };
        let identity = cloud.arm.get(call, &self.identity).await?.unwrap_or_default();
        let principal = identity["properties"]["principalId"].as_str();
        if let Some(principal) =
            principal.filter(|_| identity["tags"][PROJECT] == self.place.service)
            && pull_role::take(cloud, self, principal).await?
        {
            removed.push(format!("role assignment AcrPull on {}", self.registry.name()));
        }
        if let Some(server) = registry["properties"]["loginServer"].as_str() {
            removed.extend(self.tidy(cloud, server, &[], progress).await?);
        }
        Ok(removed)
    }
}

/// `v` and ten hex digits.
fn is_version(tag: &str) -> bool {
    let digits = tag.strip_prefix('v').unwrap_or_default();
    digits.len() == 10 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
