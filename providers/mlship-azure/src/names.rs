//! What mlship calls the things it makes on Azure.

use std::collections::BTreeMap;

use mlship_registry::hex;
use sha2::{Digest, Sha256};

use crate::arm::Id;
use crate::config::Config;

/// The tag that says which service a thing belongs to. Nothing without it is ever touched.
pub(crate) const PROJECT: &str = "mlship:project";
/// The tag with the [`crate::stamp::Stamp`] of the version that gets the traffic.
pub(crate) const LIVE: &str = "mlship:live";
/// The tag with the stamp of the version before it.
pub(crate) const PREVIOUS: &str = "mlship:previous";
/// The tag with the stamp of a version that runs, and is not known to answer rightly.
pub(crate) const TRIAL: &str = "mlship:trial";

/// The slot that a new version is tried in.
pub(crate) const SLOT: &str = "next";
/// The container of the storage account that packages are kept in.
pub(crate) const PACKAGES: &str = "mlship-packages";
/// The container of the storage account that models to be fetched are in.
pub(crate) const MODELS: &str = "mlship-models";

/// Where a service is, and what the things of it are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subscription: String,
    /// The resource group.
    pub(crate) group: Id,
    pub(crate) group_owner: Owner,
    pub(crate) location: String,
    /// The service's name.
    pub(crate) service: String,
}

/// Whose something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// mlship makes it, and removes it.
    Mlship,
    /// The user's own.
    User,
}

impl Place {
    pub(crate) fn of(subscription: &str, config: &Config, service: &str) -> Self {
        let (group, group_owner) = match &config.resource_group {
            Some(group) => (group.clone(), Owner::User),
            None => (format!("mlship-{service}"), Owner::Mlship),
        };
        Self {
            subscription: subscription.to_owned(),
            group: Id::group(subscription, &group),
            group_owner,
            location: config.location.clone(),
            service: service.to_owned(),
        }
    }

    /// The service's name with a digest of where it is, for names that the whole world shares:
    /// the same again for the same subscription, group and service.
    pub(crate) fn unique(&self) -> String {
        let stem: String = self.service.chars().take(40).collect();
        format!("{}-{}", stem.trim_end_matches('-'), self.digest(8))
    }

    /// The same for what takes only small letters and digits, at most 24 of them.
    pub(crate) fn unique_plain(&self) -> String {
        let plain = self.service.chars().filter(char::is_ascii_alphanumeric);
        let stem: String = plain.take(12).collect();
        format!("{stem}{}", self.digest(12))
    }

    fn digest(&self, length: usize) -> String {
        let text = format!("{}/{}", self.group, self.service).to_ascii_lowercase();
        hex(&Sha256::digest(text.as_bytes())).chars().take(length).collect()
    }

    /// Tags for everything that is made.
    pub(crate) fn tags(&self, config: &Config) -> BTreeMap<String, String> {
        let mut tags = config.tags.clone();
        tags.insert(PROJECT.to_owned(), self.service.clone());
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_name_is_of_the_place_and_fits() {
        let config = Config { location: "westeurope".into(), ..Config::default() };
        let service = "a-name-with-forty-eight-letters-which-is-longest";
        let place = Place::of("1234", &config, service);
        assert_eq!(place.unique(), Place::of("1234", &config, service).unique());
        assert_ne!(place.unique(), Place::of("5678", &config, service).unique());
        assert!(place.unique().len() <= 49 && !place.unique().contains("--"), "{}", place.unique());
        let plain = place.unique_plain();
        assert!(plain.len() == 24 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
