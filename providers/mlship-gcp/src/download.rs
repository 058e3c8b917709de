//! A model that lies in Cloud Storage, by its address `gs://bucket/object`.

use std::io::Write;

use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::{self, Options};
use crate::error::{Call, failed};

const OPERATION: &str = "download";

/// Brings an object, signed in as `options` say, and gives how many bytes it holds. What was
/// written before an error is not undone.
///
/// # Errors
/// [`ErrorKind::Refused`] for an address of another form and for a `to` that cannot be written,
/// [`ErrorKind::NotFound`] when nothing is there, and as the provider for what Google says.
pub async fn download_with(
    options: &Options,
    address: &str,
    to: &mut (dyn Write + Send),
) -> Result<u64, ProviderError> {
    let call = Call::new(OPERATION, address);
    let named = address.strip_prefix("gs://").and_then(|rest| rest.split_once('/'));
    let Some((bucket, name)) =
        named.filter(|(bucket, name)| !bucket.is_empty() && !name.is_empty())
    else {
        let error = failed(ErrorKind::Refused, OPERATION, address, "it is no address of an object");
        return Err(error.with_hint("write `gs://bucket/object`"));
    };
    let (rest, _) = connect::sign_in(options).await?;
    let Some(object) = rest.object(bucket, name).await? else {
        let error = failed(ErrorKind::NotFound, OPERATION, address, "nothing is there");
        return Err(error.with_hint("`gcloud storage ls` shows what there is"));
    };
    rest.download(call, bucket, &object, to).await
}
