//! The bucket and the object that a large zip goes through.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration,
};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::names::Account;
use crate::wanted::{Place, Wanted};

/// Makes the bucket. New buckets are private and encrypted.
pub(crate) async fn create_bucket(
    clients: &Clients,
    account: &Account,
    bucket: &str,
) -> Result<(), ProviderError> {
    // The oldest region is the one that must not be named.
    let location = (account.region != "us-east-1").then(|| {
        let region = BucketLocationConstraint::from(account.region.as_str());
        CreateBucketConfiguration::builder().location_constraint(region).build()
    });
    let call = clients.s3.create_bucket().bucket(bucket);
    let call = call.set_create_bucket_configuration(location);
    call.send().await.doing("create the bucket", bucket).map(|_| ())
}

/// Makes sure that nobody can open the bucket to the public by mistake.
pub(crate) async fn close_public_access(
    clients: &Clients,
    account: &Account,
    bucket: &str,
) -> Result<(), ProviderError> {
    let closed = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let call = clients
        .s3
        .put_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(&account.id)
        .public_access_block_configuration(closed);
    call.send().await.doing("close the bucket", bucket).map(|_| ())
}

/// Sends the zip from disk. S3 checks its digest; the tags come with it.
pub(crate) async fn upload(
    clients: &Clients,
    account: &Account,
    place: &Place,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let operation = "upload the zip to";
    let body = ByteStream::from_path(&wanted.package).await.map_err(|cause| {
        let reason = format!("`{}` cannot be read", wanted.package.display());
        let mut error = failed(ErrorKind::Refused, operation, &place.bucket, reason);
        error.source = Some(Box::new(cause));
        error
    })?;
    progress.bytes(0, wanted.packed_bytes);
    let call = clients
        .s3
        .put_object()
        .bucket(&place.bucket)
        .key(&place.key)
        .expected_bucket_owner(&account.id)
        .checksum_sha256(&wanted.setup.code_sha256)
        .tagging(tagging(wanted))
        .body(body);
    call.send().await.doing(operation, &place.bucket)?;
    progress.bytes(wanted.packed_bytes, wanted.packed_bytes);
    Ok(())
}

/// Tags as a query string. An object takes ten, so the user's own stay off it.
pub(crate) fn tagging(wanted: &Wanted) -> String {
    let ours = wanted.tags.iter().filter(|(key, _)| key.starts_with("mlship:"));
    let pairs: Vec<String> =
        ours.map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
