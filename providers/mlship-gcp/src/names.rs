//! What mlship calls the things it makes on Google Cloud.

use mlship_registry::hex;
use sha2::{Digest, Sha256};

use crate::config::Config;

/// The label that says which service a thing belongs to. Nothing without it is ever touched.
pub(crate) const PROJECT_LABEL: &str = "mlship-project";
/// The annotation of a revision that holds its [`crate::stamp::Stamp`].
pub(crate) const STAMP_ANNOTATION: &str = "mlship-stamp";
/// The environment variable of a function that holds it.
pub(crate) const STAMP_VARIABLE: &str = "MLSHIP_STAMP";
/// The folder of the bucket that sources are in.
pub(crate) const SOURCES: &str = "source/";
/// The folder of the bucket that models to be fetched are in.
pub(crate) const MODELS: &str = "models/";

/// Where a service is, and what the things of it are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Id of the project.
    pub(crate) project: String,
    /// Region, such as `europe-west1`.
    pub(crate) region: String,
    /// The service's name.
    pub(crate) service: String,
    /// The repository of the manifest, which is the user's own.
    pub(crate) given_repository: Option<String>,
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
    pub(crate) fn of(config: &Config, service: &str) -> Self {
        Self {
            project: config.project.clone(),
            region: config.region.clone(),
            service: service.to_owned(),
            given_repository: config.repository.clone(),
        }
    }

    /// `projects/p/locations/r`: the parent of services, functions and repositories.
    pub(crate) fn location(&self) -> String {
        format!("projects/{}/locations/{}", self.project, self.region)
    }

    /// The Cloud Run service's full name.
    pub(crate) fn service(&self) -> String {
        format!("{}/services/{}", self.location(), self.service)
    }

    /// The function's full name.
    pub(crate) fn function(&self) -> String {
        format!("{}/functions/{}", self.location(), self.service)
    }

    /// The full name of a revision of the service; `revision` is its short one.
    pub(crate) fn revision(&self, revision: &str) -> String {
        format!("{}/revisions/{revision}", self.service())
    }

    /// The short name that a revision made through Cloud Run gets for a version.
    pub(crate) fn revision_of(&self, version: &str) -> String {
        format!("{}-{version}", self.service)
    }

    /// The bucket, of which there is one of each name in the world: the same again for the same
    /// project, region and service.
    pub(crate) fn bucket(&self) -> String {
        let text = format!("{}/{}/{}", self.project, self.region, self.service);
        let digest: String = hex(&Sha256::digest(text.as_bytes())).chars().take(10).collect();
        let stem: String = self.service.chars().take(45).collect();
        format!("mlship-{}-{digest}", stem.trim_end_matches('-'))
    }

    /// The short name of the Artifact Registry repository.
    pub(crate) fn repository(&self) -> String {
        self.given_repository.clone().unwrap_or_else(|| format!("mlship-{}", self.service))
    }

    /// Who keeps the repository.
    pub(crate) fn repository_owner(&self) -> Owner {
        match self.given_repository {
            Some(_) => Owner::User,
            None => Owner::Mlship,
        }
    }

    /// The object of a source with this digest.
    pub(crate) fn source_object(sha256: &str) -> String {
        format!("{SOURCES}{sha256}.tar.gz")
    }

    /// The object of a model with this digest.
    pub(crate) fn model_object(sha256: &str) -> String {
        format!("{MODELS}{sha256}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(service: &str) -> Place {
        let config = Config {
            project: "research-1".into(),
            region: "europe-west1".into(),
            ..Config::default()
        };
        Place::of(&config, service)
    }

    #[test]
    fn a_bucket_is_of_the_place_and_fits() {
        let long = "a-name-with-forty-eight-letters-which-is-longest";
        let bucket = place(long).bucket();
        assert!(bucket.len() <= 63 && !bucket.contains("--"), "{bucket}");
        assert_eq!(bucket, place(long).bucket());
        let elsewhere = Place { region: "us-central1".into(), ..place(long) };
        assert_ne!(bucket, elsewhere.bucket());
        assert!(place("heart").bucket().starts_with("mlship-heart-"));
    }

    #[test]
    fn a_repository_of_the_manifest_is_the_users() {
        assert_eq!(place("heart").repository(), "mlship-heart");
        assert_eq!(place("heart").repository_owner(), Owner::Mlship);
        let given = Place { given_repository: Some("images".into()), ..place("heart") };
        assert_eq!(
            (given.repository().as_str(), given.repository_owner()),
            ("images", Owner::User)
        );
    }
}
