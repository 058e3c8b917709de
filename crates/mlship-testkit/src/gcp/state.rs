//! All that exists in the project, and what is to go wrong. One lock guards it.

use std::collections::{BTreeMap, BTreeSet};

use super::functions::Functions;
use serde_json::Value;

use super::operations::Operation;
use super::run::Services;
use super::storage::Store;
use crate::cloud::registries::Running;
use crate::cloud::tape::Tape;

/// The project.
#[derive(Default)]
pub(crate) struct State {
    /// Where the stand-in listens.
    pub(crate) port: u16,
    pub(crate) tape: Tape,
    /// By full name: `projects/P/locations/L/operations/ID`, or `operations/ID`.
    pub(crate) operations: BTreeMap<String, Operation>,
    /// APIs that are off: `run.googleapis.com`.
    pub(crate) disabled: BTreeSet<String>,
    /// So many calls still find an API off that was just put on.
    pub(crate) wakes_late: u32,
    /// APIs that were put on, and how many calls find them off yet.
    pub(crate) waking: BTreeMap<String, u32>,
    pub(crate) billing: Billing,
    /// Names of buckets that somebody else has.
    pub(crate) taken: BTreeSet<String>,
    /// Permissions that the caller has not: `run.services.create`.
    pub(crate) denied: BTreeSet<String>,
    /// Quotas of which nothing is left, by the metric's name: `CpuAllocPerProjectRegion`.
    pub(crate) exhausted: BTreeSet<String>,
    /// Organisation policies: `constraints/iam.allowedPolicyMemberDomains`.
    pub(crate) forbidden: BTreeSet<String>,
    /// Regions without any GPU.
    pub(crate) without_gpu: BTreeSet<String>,
    /// Lines that were logged: `SERVICE` or `SERVICE/REVISION`, time in milliseconds, text.
    pub(crate) lines: Vec<(String, i64, String)>,
    /// What was asked that no document knows, and what the stand-in answered that none does.
    pub(crate) complaints: Vec<String>,
    /// What was sent that Google passes over.
    pub(crate) remarks: Vec<String>,
    /// Repositories of images, by full name, as GET shows them.
    pub(crate) repositories: BTreeMap<String, Value>,
    /// Which making of a repository is there: one of the same name that comes later is another.
    pub(crate) made: BTreeMap<String, String>,
    /// The processes behind the repositories of images.
    pub(crate) registries: Running,
    pub(crate) storage: Store,
    /// Cloud Run.
    pub(crate) services: Services,
    /// Cloud Functions.
    pub(crate) functions: Functions,
    /// What is in Secret Manager, by version: `projects/P/secrets/S/versions/3`.
    pub(crate) secrets: BTreeMap<String, String>,
    /// Counts what was made, for ids that never come twice.
    pub(crate) serial: u64,
}

/// Whether somebody pays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Billing {
    #[default]
    On,
    Off,
}

impl State {
    pub(crate) fn complain(&mut self, of: String) {
        self.complaints.push(of);
    }

    /// A number that was not given before.
    pub(crate) fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A new id in the form of a UUID.
    pub(crate) fn uuid(&mut self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.next())
    }

    /// An address on this machine that is told apart by its host: `http` is meant.
    pub(crate) fn host(&self, name: &str) -> String {
        format!("{name}:{}", self.port)
    }
}
