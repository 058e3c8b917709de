//! The APIs of the project that a kind needs: which are off, and switching them on.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::config::Kind;
use crate::connect::Cloud;

pub(super) const RUN: &str = "run.googleapis.com";
pub(super) const STORAGE: &str = "storage.googleapis.com";
pub(super) const REGISTRY: &str = "artifactregistry.googleapis.com";
pub(super) const FUNCTIONS: &str = "cloudfunctions.googleapis.com";
const BUILD: &str = "cloudbuild.googleapis.com";
const LOGGING: &str = "logging.googleapis.com";

/// Whether models are fetched from the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bucket {
    Needed,
    Unneeded,
}

/// What a kind cannot do without.
pub(super) fn needed(kind: Kind, bucket: Bucket) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        Kind::CloudRunSource => &[STORAGE],
        Kind::CloudRunImage => &[REGISTRY],
        Kind::FunctionsV2 => &[FUNCTIONS, BUILD, REGISTRY],
    };
    let mut needed = [&[RUN], own, &[LOGGING]].concat();
    if bucket == Bucket::Needed && !needed.contains(&STORAGE) {
        needed.push(STORAGE);
    }
    needed
}
