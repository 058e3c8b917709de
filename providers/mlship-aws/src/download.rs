//! Reads a model out of S3 at package time.

use std::io::Write;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::config::Config;
use crate::connect::{self, Options};
use crate::error::{Outcome, failed};

const OPERATION: &str = "download";

/// How often a connection that breaks in the middle is taken up again.
const RESUMES: u32 = 4;

/// Writes the object at `s3://bucket/key` to `to` and says how many bytes it has. It is never in
/// memory as a whole; whether it is the right one is for the caller to check. After an error `to`
/// holds the beginning of it.
///
/// # Errors
/// [`ErrorKind::Refused`] for an address of another form and for a `to` that cannot be written,
/// [`ErrorKind::NotFound`] when nothing is there, and as the provider for what AWS says.
pub async fn download(address: &str, to: &mut (dyn Write + Send)) -> Result<u64, ProviderError> {
    download_with(&Config::default(), &Options::default(), address, to).await
}

/// The same, signed in as `config` and `options` say.
///
/// # Errors
/// Those of [`download`].
pub async fn download_with(
    config: &Config,
    options: &Options,
    address: &str,
    to: &mut (dyn Write + Send),
) -> Result<u64, ProviderError> {
    let object = address.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    let Some((bucket, key)) = object.filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
    else {
        let error = failed(ErrorKind::Refused, OPERATION, address, "it is no address of an object");
        return Err(error.with_hint("write `s3://bucket/key`"));
    };
    let s3 = connect::storage(config, options).await?;
    Download { s3: &s3, bucket, key, address }.run(to).await
}

struct Download<'a> {
    s3: &'a aws_sdk_s3::Client,
    bucket: &'a str,
    key: &'a str,
    address: &'a str,
}

impl Download<'_> {
    async fn run(&self, to: &mut (dyn Write + Send)) -> Result<u64, ProviderError> {
        let mut answer = self.ask(0, None).await?;
        let etag = answer.e_tag.take();
        let total = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let mut done = 0;
        for left in (0..RESUMES).rev() {
            let outcome = self.copy(answer, to, &mut done).await;
            let whole = total.is_none_or(|total| total == done);
            match outcome {
                Ok(()) if whole => return Ok(done),
                Err(error) if error.kind != ErrorKind::Unavailable || left == 0 => {
                    return Err(error);
                }
                _ => answer = self.ask(done, etag.as_deref()).await?,
            }
        }
        Err(failed(ErrorKind::Unavailable, OPERATION, self.address, "it ends too early"))
    }

    /// Asks for what begins at `from`, of the same object as before.
    async fn ask(&self, from: u64, etag: Option<&str>) -> Result<GetObjectOutput, ProviderError> {
        let call = self.s3.get_object().bucket(self.bucket).key(self.key);
        let call = call.set_if_match(etag.map(str::to_owned));
        let call = call.set_range((from > 0).then(|| format!("bytes={from}-")));
        call.send().await.doing(OPERATION, self.address).map_err(|error| match error.kind {
            ErrorKind::NotFound | ErrorKind::Denied | ErrorKind::Refused => {
                error.with_hint("check the address, and which account and region you are in")
            }
            _ => error,
        })
    }

    async fn copy(
        &self,
        mut answer: GetObjectOutput,
        to: &mut (dyn Write + Send),
        done: &mut u64,
    ) -> Result<(), ProviderError> {
        while let Some(piece) = answer.body.next().await {
            let piece = piece.map_err(|cause| {
                self.because(ErrorKind::Unavailable, "the connection ended", cause)
            })?;
            to.write_all(&piece)
                .map_err(|cause| self.because(ErrorKind::Refused, "it cannot be written", cause))?;
            *done += piece.len() as u64;
        }
        Ok(())
    }

    fn because(
        &self,
        kind: ErrorKind,
        reason: &str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> ProviderError {
        let mut error = failed(kind, OPERATION, self.address, reason);
        error.source = Some(cause.into());
        error
    }
}
