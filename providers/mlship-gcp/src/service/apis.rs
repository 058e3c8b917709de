//! The APIs of the project that a kind needs: which are off, and putting them on.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::wanted::{Wanted, step};
use crate::config::Kind;
use crate::connect::Cloud;
use crate::rest::usage::Usage;

const RUN: &str = "run.googleapis.com";
const STORAGE: &str = "storage.googleapis.com";
const REGISTRY: &str = "artifactregistry.googleapis.com";
const FUNCTIONS: &str = "cloudfunctions.googleapis.com";
const BUILD: &str = "cloudbuild.googleapis.com";
const LOGGING: &str = "logging.googleapis.com";

/// The APIs that are needed and off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Apis {
    off: Vec<String>,
}

impl Apis {
    /// Those that are off. When one may not look they are taken to be on: what needs one says so.
    pub(crate) async fn look(cloud: &Cloud, wanted: &Wanted) -> Result<Self, ProviderError> {
        let needed = needed(wanted.config.kind, !wanted.models.is_empty());
        match cloud.rest.apis_off(&wanted.place.project, &needed).await? {
            Usage::Off(off) => Ok(Self { off }),
            Usage::Unknown => Ok(Self::default()),
        }
    }

    /// Whether nothing can be there, as the API that would have made it is off.
    pub(crate) fn run_is_off(&self) -> bool {
        self.is_off(RUN)
    }

    pub(crate) fn storage_is_off(&self) -> bool {
        self.is_off(STORAGE)
    }

    pub(crate) fn registry_is_off(&self) -> bool {
        self.is_off(REGISTRY)
    }

    pub(crate) fn functions_is_off(&self) -> bool {
        self.is_off(FUNCTIONS)
    }

    fn is_off(&self, api: &str) -> bool {
        self.off.iter().any(|off| off == api)
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.off.iter().map(|api| step(Verb::Create, "API", api)).collect()
    }

    /// Puts on what is off.
    pub(crate) async fn enable(
        &self,
        cloud: &Cloud,
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        if self.off.is_empty() {
            return Ok(());
        }
        progress.step(&format!("enable API {}", self.off.join(", ")));
        let project = &cloud.config.project;
        cloud.rest.enable_apis(project, &self.off).await.map_err(|error| match error.kind {
            ErrorKind::Denied => {
                let apis = self.off.join(" ");
                error.with_hint(format!(
                    "have somebody who may run `gcloud services enable {apis} --project {project}`"
                ))
            }
            _ => error,
        })
    }
}

/// What a kind cannot do without.
fn needed(kind: Kind, fetches: bool) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        Kind::CloudRunSource => &[STORAGE],
        Kind::CloudRunImage => &[REGISTRY],
        Kind::FunctionsV2 => &[FUNCTIONS, BUILD, REGISTRY],
    };
    let mut needed = [&[RUN], own, &[LOGGING]].concat();
    if fetches && !needed.contains(&STORAGE) {
        needed.push(STORAGE);
    }
    needed
}
