//! Sends a model file to the bucket, once. A large one goes in parts; a run that was ended in the
//! middle is gone on with, part by part.

use aws_sdk_s3::primitives::ByteStream;
use mlship_core::artifact::Fetched;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use super::parts::Parts;
use super::store::tagging;
use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::find::models::{DIGEST, is_there, key};
use crate::names::Account;
use crate::wanted::{Wanted, base64_of_hex};

/// What is tried here, in words.
pub(crate) const OPERATION: &str = "upload the model to";

/// Longest file that goes in one piece, in bytes.
const WHOLE: u64 = 64 << 20;

/// One file on its way.
pub(crate) struct Upload<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) account: &'a Account,
    pub(crate) wanted: &'a Wanted,
    pub(crate) file: &'a Fetched,
    pub(crate) progress: &'a dyn Progress,
}

impl Upload<'_> {
    /// Sends the file, or what of it is not there yet. S3 takes it only with the right digest.
    pub(crate) async fn run(&self) -> Result<(), ProviderError> {
        let Self { clients, account, wanted, file, progress } = *self;
        let length = std::fs::metadata(&file.path).map_err(|cause| self.unreadable(cause))?.len();
        if length != file.bytes {
            return Err(self.changed());
        }
        progress.bytes(0, file.bytes);
        if file.bytes <= WHOLE {
            return self.whole().await;
        }
        match (Parts { upload: self, key: &self.key() }).send().await {
            // Somebody else has finished it, or the answer to our own call was lost.
            Err(error) if error.kind == ErrorKind::NotFound => {
                if !is_there(clients, account, wanted, file).await? {
                    return Err(error);
                }
            }
            outcome => outcome?,
        }
        // A lost answer may have left a second one open.
        for upload in open(clients, account, self.bucket(), &self.key()).await?.unwrap_or_default()
        {
            give_up(clients, account, self.bucket(), &upload).await?;
        }
        Ok(())
    }

    pub(crate) fn bucket(&self) -> &str {
        &self.wanted.bucket.name
    }

    pub(crate) fn key(&self) -> String {
        key(self.wanted, self.file)
    }

    /// The error for a file that is not what it was when it was packed.
    pub(crate) fn changed(&self) -> ProviderError {
        let reason = format!("`{}` has changed since it was packed", self.file.path.display());
        failed(ErrorKind::Refused, OPERATION, self.bucket(), reason)
    }

    pub(crate) fn unreadable(
        &self,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ProviderError {
        let reason = format!("`{}` cannot be read", self.file.path.display());
        let mut error = failed(ErrorKind::Refused, OPERATION, self.bucket(), reason);
        error.source = Some(cause.into());
        error
    }

    async fn whole(&self) -> Result<(), ProviderError> {
        let Self { clients, account, wanted, file, progress } = *self;
        let body = ByteStream::from_path(&file.path).await;
        let call = clients
            .s3
            .put_object()
            .bucket(self.bucket())
            .key(self.key())
            .expected_bucket_owner(&account.id)
            .set_checksum_sha256(base64_of_hex(&file.sha256))
            .metadata(DIGEST, &file.sha256)
            .tagging(tagging(wanted))
            .body(body.map_err(|cause| self.unreadable(cause))?);
        call.send().await.doing(OPERATION, self.bucket())?;
        progress.bytes(file.bytes, file.bytes);
        Ok(())
    }
}

/// An upload that was begun and neither finished nor given up.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) key: String,
    pub(crate) id: String,
}

/// The open uploads whose key starts with `prefix`; `None` when there is no such bucket.
pub(crate) async fn open(
    clients: &Clients,
    account: &Account,
    bucket: &str,
    prefix: &str,
) -> Result<Option<Vec<Open>>, ProviderError> {
    let mut all = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let call = clients.s3.list_multipart_uploads().bucket(bucket).prefix(prefix);
        let call = call.set_key_marker(key).set_upload_id_marker(id);
        let page = call.expected_bucket_owner(&account.id).send().await;
        let Some(page) = page.if_there("list the open uploads of the bucket", bucket)? else {
            return Ok(None);
        };
        all.extend(page.uploads().iter().filter_map(|upload| {
            Some(Open { key: upload.key()?.to_owned(), id: upload.upload_id()?.to_owned() })
        }));
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
        if page.is_truncated != Some(true) || key.is_none() {
            return Ok(Some(all));
        }
    }
}

/// Gives an open upload up; its parts are gone.
pub(crate) async fn give_up(
    clients: &Clients,
    account: &Account,
    bucket: &str,
    upload: &Open,
) -> Result<(), ProviderError> {
    let call = clients.s3.abort_multipart_upload().bucket(bucket).key(&upload.key);
    let call = call.upload_id(&upload.id).expected_bucket_owner(&account.id);
    call.send().await.if_there("give up the upload to", bucket).map(|_| ())
}
