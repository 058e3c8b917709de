//! Cloud Functions of the second generation: a build, and a Cloud Run service for what was built.

mod api;
mod build;
mod service;
mod upload;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

pub(in crate::gcp) use api::{answer, plant};
pub(in crate::gcp) use upload::serve;

/// All functions, by their whole name, and what was uploaded for them.
#[derive(Debug, Default)]
pub(crate) struct Functions {
    pub(in crate::gcp) all: BTreeMap<String, Function>,
    /// By object; `None` until it was sent.
    uploads: BTreeMap<String, Option<Arc<Vec<u8>>>>,
}

/// One function.
#[derive(Debug, Clone)]
pub(in crate::gcp) struct Function {
    /// As GET shows it.
    pub(in crate::gcp) body: Value,
    /// What was built last, or is being built.
    source: Arc<Vec<u8>>,
    policy: Value,
}
