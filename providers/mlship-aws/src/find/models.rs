//! The model files that a version fetches: which of them are in the bucket.

use mlship_core::artifact::Fetched;
use mlship_core::provider::ProviderError;

use super::store::{self, Store};
use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::{self, Account};
use crate::wanted::Wanted;

/// The name under which S3 keeps a file's digest beside it.
pub(crate) const DIGEST: &str = "sha256";

/// How far the model files are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelFiles {
    /// The bucket they belong in.
    pub(crate) bucket: Store,
    /// Which of the wanted files are not there, by their place in the list.
    pub(crate) missing: Vec<usize>,
}

/// Looks for every file; `None` when nothing is to be fetched.
pub(crate) async fn look(
    clients: &Clients,
    account: &Account,
    wanted: &Wanted,
) -> Result<Option<ModelFiles>, ProviderError> {
    if wanted.fetched.is_empty() {
        return Ok(None);
    }
    let all = 0..wanted.fetched.len();
    let bucket = store::bucket(clients, account, &wanted.bucket.name, wanted.bucket.owner).await?;
    if bucket == Store::Absent {
        return Ok(Some(ModelFiles { bucket, missing: all.collect() }));
    }
    let mut missing = Vec::new();
    for at in all {
        if !is_there(clients, account, wanted, &wanted.fetched[at]).await? {
            missing.push(at);
        }
    }
    Ok(Some(ModelFiles { bucket, missing }))
}

/// Whether the whole file is in the bucket. One of the right name and another length is not it.
pub(crate) async fn is_there(
    clients: &Clients,
    account: &Account,
    wanted: &Wanted,
    file: &Fetched,
) -> Result<bool, ProviderError> {
    let key = key(wanted, file);
    let call = clients.s3.head_object().bucket(&wanted.bucket.name).key(&key);
    let found = call.expected_bucket_owner(&account.id).send().await;
    let found = found.if_there("look at the object", &key)?;
    Ok(found.is_some_and(|found| {
        let digest = found.metadata().and_then(|kept| kept.get(DIGEST));
        let length = found.content_length().and_then(|length| u64::try_from(length).ok());
        length == Some(file.bytes) && digest == Some(&file.sha256)
    }))
}

/// The object's key.
pub(crate) fn key(wanted: &Wanted, file: &Fetched) -> String {
    format!("{}{}", names::models_prefix(&wanted.name), file.sha256)
}
