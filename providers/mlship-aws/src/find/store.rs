//! The bucket that a large zip goes through.

use mlship_core::provider::ProviderError;

use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::Account;
use crate::wanted::{Place, StoreOwner};

/// How far the way through the bucket is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// There is no bucket.
    Absent,
    /// The bucket does not refuse public access yet.
    Open,
    /// The bucket is ready; the object is not there.
    Ready,
    /// The object is there.
    Filled,
}

/// Looks at the bucket and the object. Every call names the account that must own the bucket.
pub(crate) async fn look(
    clients: &Clients,
    account: &Account,
    place: &Place,
) -> Result<Store, ProviderError> {
    let Place { bucket, key, owner } = place;
    let found = self::bucket(clients, account, bucket, *owner).await?;
    if found != Store::Ready {
        return Ok(found);
    }
    let call = clients.s3.head_object().bucket(bucket).key(key);
    let found =
        call.expected_bucket_owner(&account.id).send().await.if_there("look at the object", key)?;
    Ok(if found.is_some() { Store::Filled } else { Store::Ready })
}

/// Looks at the bucket alone.
pub(crate) async fn bucket(
    clients: &Clients,
    account: &Account,
    bucket: &str,
    owner: StoreOwner,
) -> Result<Store, ProviderError> {
    let call = clients.s3.head_bucket().bucket(bucket).expected_bucket_owner(&account.id).send();
    if call.await.if_there("look at the bucket", bucket)?.is_none() {
        return Ok(Store::Absent);
    }
    if owner == StoreOwner::Mlship && !refuses_public_access(clients, account, bucket).await? {
        return Ok(Store::Open);
    }
    Ok(Store::Ready)
}

async fn refuses_public_access(
    clients: &Clients,
    account: &Account,
    bucket: &str,
) -> Result<bool, ProviderError> {
    let call = clients.s3.get_public_access_block().bucket(bucket);
    let found = call
        .expected_bucket_owner(&account.id)
        .send()
        .await
        .if_there("read the public access setting of the bucket", bucket)?;
    Ok(found.as_ref().and_then(|found| found.public_access_block_configuration()).is_some_and(
        |block| {
            [
                block.block_public_acls(),
                block.ignore_public_acls(),
                block.block_public_policy(),
                block.restrict_public_buckets(),
            ]
            .iter()
            .all(|setting| *setting == Some(true))
        },
    ))
}
