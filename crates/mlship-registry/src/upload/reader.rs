//! Reads a blob piece by piece, from disk or from another registry, and checks it on the way.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::Response;
use tokio::io::AsyncReadExt;

use super::Blob;
use crate::answer::{self, Call};
use crate::blob;
use crate::connection::Connection;
use crate::error::{ErrorKind, RegistryError};
use crate::pace::{Failure, Tries};
use crate::verified::Check;

/// How much is read from disk at a time, in bytes.
const PIECE: u64 = 256 << 10;

/// Where a blob's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// In a file.
    File(PathBuf),
    /// In the repository of another image.
    Registry(Arc<Connection>),
}

impl Source {
    /// Failures to read from it in a row, none yet.
    fn tries(&self) -> Tries {
        match self {
            Self::File(_) => Tries::default(),
            Self::Registry(connection) => connection.tries(),
        }
    }
}

/// A place in a blob.
pub(super) struct Reader {
    blob: Arc<Blob>,
    /// What was seen from the first byte on; `None` when bytes were left out.
    check: Option<Check>,
    at: u64,
    open: Option<Open>,
}

enum Open {
    File(tokio::fs::File),
    Answer { response: Response, rest: Bytes },
}

impl Reader {
    pub(super) fn new(blob: Arc<Blob>) -> Self {
        let check = Some(Check::new(&blob.digest, blob.size));
        Self { blob, check, at: 0, open: None }
    }

    /// The bytes from `from` on, at most `length` of them.
    pub(super) async fn chunk(
        &mut self,
        from: u64,
        length: u64,
        call: &Call,
    ) -> Result<Bytes, RegistryError> {
        let length = length.min(self.blob.size - from);
        let mut tries = self.blob.source.tries();
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        while (bytes.len() as u64) < length {
            let at = from + bytes.len() as u64;
            let piece = match self.seek(at, call).await {
                Ok(()) => self.piece(length - bytes.len() as u64, call).await,
                Err(failure) => Err(failure),
            };
            match piece {
                Ok(piece) => {
                    tries.went_well();
                    bytes.extend_from_slice(&piece);
                }
                Err(failure) => {
                    self.open = None;
                    tries.after(failure).await?;
                }
            }
        }
        Ok(bytes.into())
    }

    /// The next bytes, at most `most`; none at the end alone.
    pub(super) async fn piece(&mut self, most: u64, call: &Call) -> Result<Bytes, Failure> {
        let most = most.min(self.blob.size - self.at);
        if most == 0 {
            return Ok(Bytes::new());
        }
        if self.open.is_none() {
            self.open = Some(self.opened(call).await?);
        }
        let piece = match &mut self.open {
            Some(Open::File(file)) => from_file(file, most.min(PIECE)).await.map_err(|error| {
                call.error(ErrorKind::Local, format!("its file: {error}")).with_source(error)
            })?,
            Some(Open::Answer { response, rest }) => {
                if rest.is_empty() {
                    *rest = answer::piece(call, response).await?.unwrap_or_default();
                }
                rest.split_to(rest.len().min(usize::try_from(most).unwrap_or(usize::MAX)))
            }
            None => Bytes::new(),
        };
        if piece.is_empty() {
            let kind = match self.blob.source {
                Source::File(_) => ErrorKind::Local,
                Source::Registry(_) => ErrorKind::Unavailable,
            };
            let reason = format!("it ended after {} of {} bytes", self.at, self.blob.size);
            return Err(call.error(kind, reason).into());
        }
        self.see(&piece, call)?;
        Ok(piece)
    }

    /// Goes to a byte. A file is read up to there, so that its digest can be told at the end;
    /// another registry is not asked for bytes twice, the one that is sent to checks them.
    async fn seek(&mut self, to: u64, call: &Call) -> Result<(), Failure> {
        if to == self.at {
            return Ok(());
        }
        let seen = self.check.as_ref().map_or(0, Check::seen);
        self.open = None;
        self.at = match self.blob.source {
            Source::File(_) => to.min(seen),
            Source::Registry(_) => to,
        };
        if self.at > seen {
            self.check = None;
        }
        while self.at < to {
            self.piece(to - self.at, call).await?;
        }
        Ok(())
    }

    async fn opened(&self, call: &Call) -> Result<Open, Failure> {
        match &self.blob.source {
            Source::File(path) => {
                let failed = |error| RegistryError::file("read the layer", path, error);
                let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
                let at = std::io::SeekFrom::Start(self.at);
                tokio::io::AsyncSeekExt::seek(&mut file, at).await.map_err(failed)?;
                Ok(Open::File(file))
            }
            Source::Registry(connection) => {
                let (mut response, mut start) =
                    blob::open(connection, call, &self.blob.digest, self.at).await?;
                let mut rest = Bytes::new();
                while start < self.at {
                    let Some(mut piece) = answer::piece(call, &mut response).await? else { break };
                    let skipped = (self.at - start).min(piece.len() as u64);
                    start += skipped;
                    rest = piece.split_off(usize::try_from(skipped).unwrap_or(piece.len()));
                }
                Ok(Open::Answer { response, rest })
            }
        }
    }

    fn see(&mut self, piece: &[u8], call: &Call) -> Result<(), RegistryError> {
        let end = self.at + piece.len() as u64;
        if let Some(check) = &mut self.check
            && end > check.seen()
        {
            let known = usize::try_from(check.seen() - self.at).unwrap_or_default();
            check.see(call.operation, &piece[known..])?;
        }
        self.at = end;
        Ok(())
    }
}

async fn from_file(file: &mut tokio::fs::File, most: u64) -> std::io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(most).unwrap_or_default()];
    let count = file.read(&mut piece).await?;
    piece.truncate(count);
    Ok(piece.into())
}
