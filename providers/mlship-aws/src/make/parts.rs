//! A file in parts: what of it is at S3 already is kept, the rest is sent, and then it is put
//! together. One part is in memory at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_core::provider::{ErrorKind, ProviderError};
use sha2::{Digest, Sha256};

use super::models::{OPERATION, Open, Upload, give_up, open};
use super::store::tagging;
use crate::error::{Outcome, failed};
use crate::find::models::DIGEST;
use crate::wanted::base64_of_hex;

/// Length of a part, in bytes; the last one is shorter. With the 10,000 parts that S3 allows a
/// file has up to 160 GB. It never changes, so that the parts of a former run fit.
const PART: u64 = 16 << 20;

/// A file in parts, and the key it goes to.
pub(crate) struct Parts<'a> {
    pub(crate) upload: &'a Upload<'a>,
    pub(crate) key: &'a str,
}

/// A part that S3 has.
struct Sent {
    bytes: u64,
    /// In base64.
    sha256: String,
    etag: String,
}

impl Parts<'_> {
    /// Sends what is missing, and has S3 put the file together.
    pub(crate) async fn send(&self) -> Result<(), ProviderError> {
        let Upload { file, progress, .. } = *self.upload;
        let id = self.begun().await?;
        let sent = self.sent(&id).await?;
        let mut from = File::open(&file.path).map_err(|cause| self.upload.unreadable(cause))?;
        let (mut whole, mut parts, mut at) = (Sha256::new(), Vec::new(), 0);
        for number in 1.. {
            let length = PART.min(file.bytes - at);
            let part = self.read(&mut from, length)?;
            whole.update(&part);
            let digest = STANDARD.encode(Sha256::digest(&part));
            let etag = match sent.get(&number) {
                Some(sent) if sent.bytes == length && sent.sha256 == digest => sent.etag.clone(),
                _ => self.send_part(&id, number, part, &digest).await?,
            };
            parts.push(completed(number, etag, digest));
            at += length;
            progress.bytes(at, file.bytes);
            if at == file.bytes {
                break;
            }
        }
        let longer = from.read(&mut [0]).map_err(|cause| self.upload.unreadable(cause))? > 0;
        if longer || Some(STANDARD.encode(whole.finalize())) != base64_of_hex(&file.sha256) {
            let Upload { clients, account, .. } = *self.upload;
            let begun = Open { key: self.key.to_owned(), id };
            give_up(clients, account, self.upload.bucket(), &begun).await?;
            return Err(self.upload.changed());
        }
        self.complete(&id, parts).await
    }

    /// The upload that a former run has begun, or a new one.
    async fn begun(&self) -> Result<String, ProviderError> {
        let Upload { clients, account, wanted, file, .. } = *self.upload;
        let bucket = self.upload.bucket();
        let there = open(clients, account, bucket, self.key).await?.unwrap_or_default();
        if let Some(begun) = there.into_iter().find(|upload| upload.key == self.key) {
            return Ok(begun.id);
        }
        let call = clients
            .s3
            .create_multipart_upload()
            .bucket(bucket)
            .key(self.key)
            .expected_bucket_owner(&account.id)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .metadata(DIGEST, &file.sha256)
            .tagging(tagging(wanted));
        let begun = call.send().await.doing(OPERATION, bucket)?;
        begun.upload_id.ok_or_else(|| {
            failed(ErrorKind::Unavailable, OPERATION, bucket, "the answer names no upload")
        })
    }

    async fn sent(&self, id: &str) -> Result<BTreeMap<i32, Sent>, ProviderError> {
        let Upload { clients, account, .. } = *self.upload;
        let bucket = self.upload.bucket();
        let call = clients.s3.list_parts().bucket(bucket).key(self.key).upload_id(id);
        let call = call.expected_bucket_owner(&account.id);
        let mut pages = call.into_paginator().items().send();
        let mut sent = BTreeMap::new();
        while let Some(part) = pages.next().await {
            let part = part.doing("list the parts of the upload to", bucket)?;
            let bytes = part.size.and_then(|bytes| u64::try_from(bytes).ok());
            if let (Some(number), Some(bytes), Some(sha256), Some(etag)) =
                (part.part_number, bytes, part.checksum_sha256, part.e_tag)
            {
                sent.insert(number, Sent { bytes, sha256, etag });
            }
        }
        Ok(sent)
    }

    fn read(&self, from: &mut File, length: u64) -> Result<Vec<u8>, ProviderError> {
        let mut part = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        from.read_exact(&mut part).map_err(|cause| match cause.kind() {
            IoErrorKind::UnexpectedEof => self.upload.changed(),
            _ => self.upload.unreadable(cause),
        })?;
        Ok(part)
    }

    async fn send_part(
        &self,
        id: &str,
        number: i32,
        part: Vec<u8>,
        digest: &str,
    ) -> Result<String, ProviderError> {
        let Upload { clients, account, .. } = *self.upload;
        let bucket = self.upload.bucket();
        let call = clients
            .s3
            .upload_part()
            .bucket(bucket)
            .key(self.key)
            .upload_id(id)
            .part_number(number)
            .expected_bucket_owner(&account.id)
            .checksum_sha256(digest)
            .body(ByteStream::from(part));
        let sent = call.send().await.doing(OPERATION, bucket)?;
        sent.e_tag.ok_or_else(|| {
            failed(ErrorKind::Unavailable, OPERATION, bucket, "the answer has no tag of the part")
        })
    }

    async fn complete(&self, id: &str, parts: Vec<CompletedPart>) -> Result<(), ProviderError> {
        let Upload { clients, account, .. } = *self.upload;
        let bucket = self.upload.bucket();
        let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = clients.s3.complete_multipart_upload().bucket(bucket).key(self.key);
        let call = call.upload_id(id).expected_bucket_owner(&account.id).multipart_upload(all);
        call.send().await.doing(OPERATION, bucket).map(|_| ())
    }
}

fn completed(number: i32, etag: String, digest: String) -> CompletedPart {
    CompletedPart::builder().part_number(number).e_tag(etag).checksum_sha256(digest).build()
}
