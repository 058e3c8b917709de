//! The model files that a version fetches at start: where it is told they are, and which they are.
//!
//! A version keeps its environment for good, so that the files of every version that can be
//! rolled back to are known from AWS alone.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::FunctionConfiguration;
use mlship_bundle::MODEL_STORE;
use mlship_core::plan::Difference;

use crate::find::function::Function;
use crate::names::{self, Account};

/// The variable with the digests of the files, for mlship's own use; the runtime knows them from
/// its bundle.
pub(crate) const MODEL_FILES: &str = "MLSHIP_MODEL_FILES";

/// How many objects the policy of a role names at most: policies on a role have 10,240 characters
/// in all, and two regions share one.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>, 2026-11-20.
const OBJECTS: usize = 20;

/// What a version fetches. Nothing, unless told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Models {
    /// `s3://bucket/prefix`.
    pub(crate) store: Option<String>,
    /// SHA-256 of each file, in hex.
    pub(crate) files: BTreeSet<String>,
}

impl Models {
    pub(crate) fn of(configuration: &FunctionConfiguration) -> Self {
        let found = configuration.environment().and_then(|found| found.variables());
        let variable = |name: &str| found.and_then(|found| found.get(name)).cloned();
        let files = variable(MODEL_FILES).unwrap_or_default();
        let files = files.split(',').filter(|file| names::is_digest(file)).map(str::to_owned);
        Self { store: variable(MODEL_STORE), files: files.collect() }
    }

    /// As environment variables.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let Some(store) = &self.store else { return BTreeMap::new() };
        let files: Vec<&str> = self.files.iter().map(String::as_str).collect();
        BTreeMap::from([
            (MODEL_STORE.to_owned(), store.clone()),
            (MODEL_FILES.to_owned(), files.join(",")),
        ])
    }

    /// What would change, as far as it is worth showing.
    pub(crate) fn difference_to(&self, wanted: &Self) -> Option<Difference> {
        (self != wanted).then(|| Difference {
            field: "fetched".into(),
            from: self.words(),
            to: wanted.words(),
        })
    }

    /// What is set, as settings.
    pub(crate) fn settings(&self) -> Option<(&'static str, String)> {
        Some(("fetched", self.words()?))
    }

    fn words(&self) -> Option<String> {
        let store = self.store.as_ref()?;
        let files: Vec<String> = self.files.iter().map(|file| format!("{store}/{file}")).collect();
        Some(files.join(", "))
    }

    /// The ARNs of the files, if they are the service's own.
    fn objects(&self, account: &Account, service: &str) -> impl Iterator<Item = String> {
        let prefix = names::models_prefix(service);
        let bucket = self.store.as_ref().and_then(|store| {
            let (bucket, path) = store.strip_prefix("s3://")?.split_once('/')?;
            (format!("{path}/") == prefix).then(|| bucket.to_owned())
        });
        bucket.into_iter().flat_map(move |bucket| {
            let prefix = prefix.clone();
            self.files
                .iter()
                .map(move |file| account.object_arn(&bucket, &format!("{prefix}{file}")))
        })
    }
}

/// What the role must be allowed to read: the files of the wanted version, of those that get
/// traffic, and of the newest of the others, so that they can be rolled back to.
pub(crate) fn readable(
    wanted: &Models,
    function: Option<&Function>,
    account: &Account,
    service: &str,
) -> BTreeSet<String> {
    let versions = function.map(|function| function.versions.as_slice()).unwrap_or_default();
    let traffic = function.and_then(|function| function.alias.as_ref());
    let beside = traffic.and_then(|alias| alias.traffic.beside.as_ref());
    let beside = beside.map(|(version, _)| version);
    let served = versions.iter().filter(|made| Some(&made.number.to_string()) == beside);
    let live = function.and_then(Function::live);
    let first = live.into_iter().chain(served).chain(versions.iter().rev());
    let mut objects = BTreeSet::new();
    for models in [wanted].into_iter().chain(first.map(|made| &made.setup.models)) {
        let more: Vec<String> = models.objects(account, service).collect();
        if objects.len() + more.len() <= OBJECTS || models == wanted {
            objects.extend(more);
        }
    }
    objects
}
