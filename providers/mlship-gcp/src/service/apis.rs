//! The APIs of the project that a service needs.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::wanted::{Wanted, step};
use crate::config::Kind;
use crate::connect::Cloud;
use crate::rest::usage::Usage;

/// Those that are needed and off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apis {
    off: Vec<String>,
}

impl Apis {
    /// Looks which are off. Where one may not look, none is: later errors say more.
    pub(crate) async fn look(cloud: &Cloud, wanted: &Wanted) -> Result<Self, ProviderError> {
        let off = cloud.rest.apis_off(&wanted.place.project, &needed(wanted)).await?;
        Ok(match off {
            Usage::Off(off) => Self { off },
            Usage::Unknown => Self::default(),
        })
    }

    /// Whether an API that is needed is off.
    pub(crate) fn is_off(&self, api: &str) -> bool {
        self.off.iter().any(|one| one == api)
    }

    /// Whether all that are needed are on.
    pub(crate) fn are_on(&self) -> bool {
        self.off.is_empty()
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.off.iter().map(|api| step(Verb::Create, "API", api)).collect()
    }

    pub(crate) async fn enable(
        &self,
        cloud: &Cloud,
        wanted: &Wanted,
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        if self.off.is_empty() {
            return Ok(());
        }
        progress.step(&format!("enable API {}", self.off.join(", ")));
        let project = &wanted.place.project;
        cloud.rest.enable_apis(project, &self.off).await.map_err(|error| match error.kind {
            ErrorKind::Denied => {
                let apis = self.off.join(" ");
                error.with_hint(format!(
                    "ask somebody who may to run `gcloud services enable {apis} --project {project}`"
                ))
            }
            _ => error,
        })
    }
}

fn needed(wanted: &Wanted) -> Vec<&'static str> {
    let mut needed = vec![RUN, "logging.googleapis.com"];
    if wanted.config.kind == Kind::CloudRunSource || !wanted.models.is_empty() {
        needed.push(STORAGE);
    }
    if wanted.config.kind != Kind::CloudRunSource {
        needed.push(REGISTRY);
    }
    if wanted.config.kind == Kind::FunctionsV2 {
        needed.extend([FUNCTIONS, "cloudbuild.googleapis.com"]);
    }
    needed
}

pub(crate) const RUN: &str = "run.googleapis.com";
pub(crate) const STORAGE: &str = "storage.googleapis.com";
pub(crate) const REGISTRY: &str = "artifactregistry.googleapis.com";
pub(crate) const FUNCTIONS: &str = "cloudfunctions.googleapis.com";
