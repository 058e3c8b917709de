//! Sends a file to a bucket in pieces, and goes on where a dropped connection stopped.
//! Source: <https://docs.cloud.google.com/storage/docs/performing-resumable-uploads>.

use std::io::SeekFrom;
use std::path::Path;

use bytes::Bytes;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::{hex, http};
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, LOCATION, RANGE};
use reqwest::{Method, Url};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{Crc32c, Object};
use crate::error::{Call, failed};
use crate::rest::json::read;
use crate::rest::{Answer, Api, Broken, Rest, broken, path};
use crate::retry::{PASSING, pause};

/// Bytes of one piece: a multiple of 256 KiB, as the API wants it.
const PIECE: usize = 8 << 20;
/// Bytes of the file that are read at once for the checksums.
const READ: usize = 64 << 10;

/// A file to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Upload<'a> {
    pub(crate) bucket: &'a str,
    /// Name of the object, which is of its contents.
    pub(crate) name: &'a str,
    pub(crate) path: &'a Path,
    pub(crate) content_type: &'a str,
    /// SHA-256 of the file in hex; another file is refused.
    pub(crate) sha256: &'a str,
}

/// A file that is open, and what it holds.
struct Source {
    file: File,
    bytes: u64,
    crc32c: Crc32c,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Send a piece.
    Piece,
    /// Ask how much has arrived: of the last piece that is not known.
    Look,
}

/// What came of it.
enum Step {
    /// So many bytes have arrived in all.
    Arrived(u64),
    /// All of them.
    Done(Object),
}

impl Rest {
    /// Sends the file, unless the object is there; `sent` hears how many bytes have arrived.
    pub(crate) async fn upload(
        &self,
        upload: Upload<'_>,
        sent: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Object, ProviderError> {
        let call = Call::new("upload", upload.name);
        let mut source = open(call, &upload).await?;
        let there = self.object(upload.bucket, upload.name).await?;
        let object = match there.filter(|object| source.is(object)) {
            Some(object) => return Ok(object),
            None => self.send_file(call, &upload, &mut source, sent).await?,
        };
        match source.is(&object) {
            true => Ok(object),
            false => {
                self.delete_object(upload.bucket, upload.name).await?;
                let reason = "what arrived is not what was sent";
                Err(failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
                    .with_hint("run the same command again"))
            }
        }
    }

    async fn send_file(
        &self,
        call: Call<'_>,
        upload: &Upload<'_>,
        source: &mut Source,
        sent: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Object, ProviderError> {
        let Some(session) = self.session(call, upload, source).await? else {
            let object = self.object(upload.bucket, upload.name).await?;
            return object.ok_or_else(|| {
                let reason = "somebody else changes the bucket at the same time";
                failed(ErrorKind::Conflict, call.operation, call.resource, reason)
            });
        };
        let (mut arrived, mut failures, mut next) = (0, 0, Next::Piece);
        loop {
            let tried = match next {
                Next::Piece => self.piece(call, &session, source, arrived).await?,
                Next::Look => self.look(call, &session, source).await?,
            };
            let cause = match tried {
                Ok(Step::Done(object)) => {
                    sent(source.bytes);
                    return Ok(object);
                }
                Ok(Step::Arrived(now)) if now > arrived || next == Next::Look => {
                    if now > arrived {
                        failures = 0;
                    }
                    (arrived, next) = (now, Next::Piece);
                    sent(arrived);
                    continue;
                }
                Ok(Step::Arrived(_)) => {
                    let reason = "nothing of what is sent arrives";
                    failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
                }
                Err(cause) => cause,
            };
            failures += 1;
            if failures > self.pace.retries {
                return Err(cause);
            }
            next = Next::Look;
            tokio::time::sleep(pause(&self.pace, failures)).await;
        }
    }

    /// Begins an upload; `None` when the object is there by now.
    async fn session(
        &self,
        call: Call<'_>,
        upload: &Upload<'_>,
        source: &Source,
    ) -> Result<Option<Url>, ProviderError> {
        let place = format!("upload/storage/v1/b/{}/o", path(upload.bucket));
        let mut url = self.url(call, Api::Storage, &place)?;
        let query = [("uploadType", "resumable"), ("name", upload.name)];
        // An object of this name that is no good was there: it may be replaced.
        let replaced = self.object(upload.bucket, upload.name).await?;
        let generation = replaced.map_or(0, |object| object.generation).to_string();
        let query = query.into_iter().chain([("ifGenerationMatch", generation.as_str())]);
        url.query_pairs_mut().extend_pairs(query);
        let body = json!({
            "name": upload.name,
            "contentType": upload.content_type,
            // Whatever does not make this checksum is refused.
            "crc32c": source.crc32c.write(),
        });
        let request = self
            .request(Method::POST, url.clone())
            .header("x-upload-content-type", upload.content_type)
            .header("x-upload-content-length", source.bytes)
            .json(&body);
        let answer = self.send(call, request).await?;
        if answer.status == 412 {
            return Ok(None);
        }
        read(call, &answer)?;
        let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let session = location.and_then(|location| url.join(location).ok());
        // The file goes there: to the API, and not in the open.
        let known = |session: &Url| {
            let googles = session.host_str().is_some_and(|host| host.ends_with(".googleapis.com"));
            session.origin() == url.origin()
                || (session.scheme() == "https" && googles)
                || (http::is_local(session) && http::is_local(&url))
        };
        session.filter(known).map(Some).ok_or_else(|| {
            let reason = "the answer names no address for the upload";
            failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
        })
    }

    /// Sends the piece that begins at `from`.
    async fn piece(
        &self,
        call: Call<'_>,
        session: &Url,
        source: &mut Source,
        from: u64,
    ) -> Result<Result<Step, ProviderError>, ProviderError> {
        let piece = source.read(call, from).await?;
        let total = source.bytes;
        let range = match piece.len() as u64 {
            0 => format!("bytes */{total}"),
            length => format!("bytes {from}-{}/{total}", from + length - 1),
        };
        self.put(call, session, source, (range, piece)).await
    }

    /// Asks how much has arrived.
    async fn look(
        &self,
        call: Call<'_>,
        session: &Url,
        source: &Source,
    ) -> Result<Result<Step, ProviderError>, ProviderError> {
        let range = format!("bytes */{}", source.bytes);
        self.put(call, session, source, (range, Bytes::new())).await
    }

    async fn put(
        &self,
        call: Call<'_>,
        session: &Url,
        source: &Source,
        (range, piece): (String, Bytes),
    ) -> Result<Result<Step, ProviderError>, ProviderError> {
        let request = self.request(Method::PUT, session.clone()).header(CONTENT_RANGE, range);
        let request = request.header(CONTENT_TYPE, "application/octet-stream").body(piece);
        let request = request.build().map_err(|cause| broken(call, cause))?;
        let answer = match self.one(call, request).await? {
            Ok(answer) => answer,
            Err(cause @ (Broken::Line(_) | Broken::Slow(_))) => {
                return Ok(Err(broken(call, cause)));
            }
        };
        match answer.status {
            308 => Ok(Ok(Step::Arrived(arrived(&answer.headers).min(source.bytes)))),
            status if PASSING.contains(&status) => {
                Ok(Err(crate::error::refused(call, status, &answer.body)))
            }
            _ => done(call, &answer).map(Ok),
        }
    }
}

fn done(call: Call<'_>, answer: &Answer) -> Result<Step, ProviderError> {
    let found = read(call, answer)?;
    Object::read(&found).map(Step::Done).ok_or_else(|| {
        let reason = "the answer does not say what arrived";
        failed(ErrorKind::Unavailable, call.operation, call.resource, reason)
    })
}

/// `Range: bytes=0-42` says that 43 bytes have arrived; without it none have.
fn arrived(headers: &HeaderMap) -> u64 {
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let last = range.and_then(|range| range.rsplit_once('-')?.1.parse::<u64>().ok());
    last.map_or(0, |last| last.saturating_add(1))
}

/// Reads the file once: what is sent afterwards must be the same.
async fn open(call: Call<'_>, upload: &Upload<'_>) -> Result<Source, ProviderError> {
    let unreadable = |cause| unreadable(call, cause);
    let mut file = File::open(upload.path).await.map_err(unreadable)?;
    let (mut hasher, mut crc32c, mut bytes) = (Sha256::new(), Crc32c::default(), 0);
    let mut some = vec![0; READ];
    loop {
        let length = file.read(&mut some).await.map_err(unreadable)?;
        if length == 0 {
            break;
        }
        hasher.update(&some[..length]);
        crc32c = crc32c.with(&some[..length]);
        bytes += length as u64;
    }
    if hex(&hasher.finalize()) != upload.sha256 {
        let reason = "the file is not the one that was packed";
        return Err(failed(ErrorKind::Conflict, call.operation, call.resource, reason));
    }
    Ok(Source { file, bytes, crc32c })
}

impl Source {
    fn is(&self, object: &Object) -> bool {
        object.bytes == self.bytes && object.crc32c.is_none_or(|crc32c| crc32c == self.crc32c)
    }

    async fn read(&mut self, call: Call<'_>, from: u64) -> Result<Bytes, ProviderError> {
        let unreadable = |cause| unreadable(call, cause);
        let left = usize::try_from(self.bytes.saturating_sub(from)).unwrap_or(PIECE).min(PIECE);
        self.file.seek(SeekFrom::Start(from)).await.map_err(unreadable)?;
        let mut piece = vec![0; left];
        self.file.read_exact(&mut piece).await.map_err(unreadable)?;
        Ok(piece.into())
    }
}

fn unreadable(call: Call<'_>, cause: std::io::Error) -> ProviderError {
    let reason = "the file cannot be read";
    let mut error = failed(ErrorKind::Refused, call.operation, call.resource, reason);
    error.source = Some(Box::new(cause));
    error
}
