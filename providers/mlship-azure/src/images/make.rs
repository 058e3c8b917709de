//! Makes what an image takes to be pulled: registry, identity, right, and the image itself.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::{Image, Images, Looked, login, pull_role, push};
use crate::arm::Id;
use crate::connect::Cloud;
use crate::error::failed;
use crate::surroundings;

/// What runs an image is told to pull it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pull {
    /// The registry's host.
    pub(crate) server: String,
    /// The image's whole name: `REGISTRY.azurecr.io/mlship/heart:v0123456789`.
    pub(crate) image: String,
    /// The identity to pull as.
    pub(crate) identity: Id,
    /// The identity's client id, which App Service wants.
    pub(crate) client_id: String,
    /// How long it may.
    pub(crate) right: Right,
}

impl Pull {
    /// The same for the image of another version.
    pub(crate) fn of(&self, version: &str) -> Self {
        let name = self.image.rsplit_once(':').map_or(self.image.as_str(), |(name, _)| name);
        Self { image: format!("{name}:{version}"), ..self.clone() }
    }
}

/// Since when the identity may pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// For a while.
    Known,
    /// It was given just now; pulls may be refused for some minutes, see [`not_yet`].
    New,
}

/// Whether an error is that an image could not be pulled, which passes when the right is new.
pub(crate) fn not_yet(error: &ProviderError) -> bool {
    let passing = [ErrorKind::Failed, ErrorKind::Refused, ErrorKind::Denied];
    let reason = error.reason.to_ascii_lowercase();
    let words = [
        "unauthorized",
        "authentication required",
        "unable to pull",
        "inaccessibleimage",
        "not accessible",
        "failed to pull",
        "acrpull",
    ];
    passing.contains(&error.kind) && words.iter().any(|word| reason.contains(word))
}

impl Images {
    /// Carries out what [`Images::steps`] says, and nothing when there is nothing to do.
    pub(crate) async fn make(
        &self,
        cloud: &Cloud,
        looked: &Looked,
        image: &Image,
        progress: &dyn Progress,
    ) -> Result<Pull, ProviderError> {
        let mut looked = looked.clone();
        for part in &looked.parts {
            let made = surroundings::make(&cloud.arm, part, progress).await?;
            match part.resource.id == self.registry {
                true => looked.registry = Some(made),
                false => looked.identity = Some(made),
            }
        }
        let right = match looked.may_pull {
            true => Right::Known,
            false => {
                let principal = self.known(looked.principal())?;
                progress
                    .step(&format!("create role assignment AcrPull on {}", self.registry.name()));
                pull_role::give(cloud, self, principal).await?;
                Right::New
            }
        };
        let server = self.known(looked.server())?;
        if looked.digest.as_ref() != Some(&image.digest) {
            progress.step(&format!("upload image {}:{}", self.repository, image.tag));
            let to = login::named(server, &self.repository, &image.tag)?;
            let login = login::login(cloud, server).await?;
            push::push(image, &to, &login, &cloud.logins, progress).await?;
        }
        self.pull(&looked, &image.tag, right)
    }

    /// How the image of a version is pulled; `None` when it is not kept any more.
    pub(crate) async fn kept(
        &self,
        cloud: &Cloud,
        version: &str,
    ) -> Result<Option<Pull>, ProviderError> {
        let looked = self.look_at_tag(cloud, version).await?;
        match looked.digest {
            Some(_) => self.pull(&looked, version, Right::Known).map(Some),
            None => Ok(None),
        }
    }

    /// How the image of this tag is pulled, which is there.
    pub(crate) fn pull(
        &self,
        looked: &Looked,
        tag: &str,
        right: Right,
    ) -> Result<Pull, ProviderError> {
        let server = self.known(looked.server())?;
        let client = looked.identity.as_ref();
        let client = client.and_then(|found| found["properties"]["clientId"].as_str());
        Ok(Pull {
            server: server.to_owned(),
            image: format!("{server}/{}:{tag}", self.repository),
            identity: self.identity.clone(),
            client_id: self.known(client)?.to_owned(),
            right,
        })
    }

    fn known<'t>(&self, text: Option<&'t str>) -> Result<&'t str, ProviderError> {
        text.ok_or_else(|| {
            let reason = "Azure does not say where the registry is, or who pulls from it";
            failed(
                ErrorKind::Unavailable,
                "use the container registry",
                self.registry.name(),
                reason,
            )
        })
    }
}
