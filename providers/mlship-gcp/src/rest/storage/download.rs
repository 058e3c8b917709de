//! Brings an object's contents, piece by piece, and goes on where a dropped connection stopped.

use std::io::Write;

use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::header::RANGE;
use reqwest::{Method, Response};

use super::{Crc32c, Object};
use crate::error::{Call, failed, refused};
use crate::rest::{Api, Rest, broken, path};
use crate::retry::{PASSING, pause};

/// The most bytes of a refusal that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// How far it came.
#[derive(Default)]
struct Progress {
    bytes: u64,
    crc32c: Crc32c,
}

impl Rest {
    /// Writes the object's contents to `to`; gives how many bytes they are.
    pub(crate) async fn download(
        &self,
        call: Call<'_>,
        bucket: &str,
        object: &Object,
        to: &mut (dyn Write + Send),
    ) -> Result<u64, ProviderError> {
        let place = format!("storage/v1/b/{}/o/{}", path(bucket), path(&object.name));
        let (mut progress, mut failed_tries) = (Progress::default(), 0);
        loop {
            let before = progress.bytes;
            let tried = self.some(call, &place, object, &mut progress, to).await;
            let cause = match tried {
                Ok(()) if progress.bytes == object.bytes => break,
                Ok(()) => failed(
                    ErrorKind::Unavailable,
                    call.operation,
                    call.resource,
                    "it ends too early",
                ),
                Err(cause) if cause.kind != ErrorKind::Unavailable => return Err(cause),
                Err(cause) => cause,
            };
            failed_tries = if progress.bytes > before { 1 } else { failed_tries + 1 };
            if failed_tries > self.pace.retries {
                return Err(cause);
            }
            tokio::time::sleep(pause(&self.pace, failed_tries)).await;
        }
        match object.crc32c.is_none_or(|crc32c| crc32c == progress.crc32c) {
            true => Ok(progress.bytes),
            false => {
                let reason = "what arrived is not what is kept there";
                Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason))
            }
        }
    }

    async fn some(
        &self,
        call: Call<'_>,
        place: &str,
        object: &Object,
        progress: &mut Progress,
        to: &mut (dyn Write + Send),
    ) -> Result<(), ProviderError> {
        let mut url = self.url(call, Api::Storage, place)?;
        let generation = object.generation.to_string();
        let query = [("alt", "media"), ("generation", generation.as_str())];
        url.query_pairs_mut().extend_pairs(query);
        let request = self.request(Method::GET, url);
        let request = match progress.bytes {
            0 => request,
            from => request.header(RANGE, format!("bytes={from}-")),
        };
        let opened = self.open(call, request).await?;
        let mut response = opened.map_err(|cause| broken(call, cause))?;
        let expected = if progress.bytes == 0 { 200 } else { 206 };
        if response.status().as_u16() != expected {
            return Err(refusal(call, response).await);
        }
        while let Some(piece) = response.chunk().await.map_err(|cause| broken(call, cause))? {
            if progress.bytes + piece.len() as u64 > object.bytes {
                let reason = "more arrives than the object holds";
                return Err(failed(ErrorKind::Refused, call.operation, call.resource, reason));
            }
            to.write_all(&piece).map_err(|cause| unwritable(call, cause))?;
            progress.bytes += piece.len() as u64;
            progress.crc32c = progress.crc32c.with(&piece);
        }
        Ok(())
    }
}

async fn refusal(call: Call<'_>, mut response: Response) -> ProviderError {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > REFUSAL_BYTES {
            break;
        }
    }
    let mut error = refused(call, status, &body);
    if PASSING.contains(&status) {
        error.kind = ErrorKind::Unavailable;
    }
    error
}

fn unwritable(call: Call<'_>, cause: std::io::Error) -> ProviderError {
    let reason = "what arrives cannot be written";
    let mut error = failed(ErrorKind::Refused, call.operation, call.resource, reason);
    error.source = Some(Box::new(cause));
    error
}
