//! Sends one blob: in chunks that a later run can continue after, or in one piece where a
//! registry takes no chunks.

mod body;
mod reader;
mod session;

use std::path::Path;
use std::sync::Arc;

use mlship_core::progress::Progress;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode, Url};

use self::body::Counted;
use self::reader::Reader;
pub(crate) use self::reader::Source;
pub(crate) use self::session::location;
use self::session::{Session, Sessions};
use crate::answer::Call;
use crate::blob;
use crate::connection::Connection;
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::pace::Failure;

/// How much is sent at a time, in bytes. Held in memory once. A run that is killed loses at most
/// this much with registries that take a chunk whole or not at all.
const CHUNK: u64 = 16 << 20;

const OPERATION: &str = "send the layer";
const OCTETS: &str = "application/octet-stream";

/// A blob that a repository lacks.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) source: Source,
}

/// Sends a blob, and says how many bytes of it went over the wire. `opened` is an upload that the
/// registry has begun for it; `folder` keeps what a later run needs to go on.
pub(crate) async fn send(
    to: &Connection,
    blob: Arc<Blob>,
    opened: Option<Url>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<u64, RegistryError> {
    let sessions = Sessions::new(to, &blob.digest, folder);
    let counted = Counted::new(blob.size);
    let call = Call::new(OPERATION, &blob.digest);
    let mut upload = Upload {
        reader: Reader::new(blob.clone()),
        manner: if blob.size > CHUNK { Manner::Chunks } else { Manner::OnePiece },
        session: None,
        opened,
        furthest: 0,
        to,
        blob,
        sessions,
        counted,
        call,
        progress,
    };
    let mut tries = to.tries();
    loop {
        let furthest = upload.furthest;
        let Err(failure) = upload.attempt().await else { break };
        // Only what was never reached before counts, so that a registry that always forgets is
        // given up.
        if upload.furthest > furthest {
            tries.went_well();
        }
        tries.after(failure).await?;
        if blob::is_there(to, &upload.blob.digest, upload.blob.size).await? {
            break;
        }
    }
    upload.sessions.forget();
    Ok(upload.counted.sent())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Chunks,
    OnePiece,
}

struct Upload<'u> {
    to: &'u Connection,
    blob: Arc<Blob>,
    reader: Reader,
    manner: Manner,
    session: Option<Session>,
    /// An upload that a refused mount has opened.
    opened: Option<Url>,
    /// The most that any upload of the blob got to.
    furthest: u64,
    sessions: Sessions<'u>,
    counted: Counted,
    call: Call,
    progress: &'u dyn Progress,
}

impl Upload<'_> {
    async fn attempt(&mut self) -> Result<(), Failure> {
        if self.manner == Manner::OnePiece {
            return self.one_piece().await;
        }
        let mut session = self.begin().await?;
        while session.offset < self.blob.size {
            match self.chunk(&session).await? {
                Some(next) => session = next,
                None => return self.one_piece().await,
            }
            self.furthest = self.furthest.max(session.offset);
            self.sessions.keep(&session);
            self.session = Some(session.clone());
        }
        let url = self.closing(&session.location);
        let make = |client: &Client| client.put(url.clone()).header(CONTENT_LENGTH, 0);
        let finished = self.to.attempt(&self.call, &make);
        let response = self.counted.watch(finished, &self.call, self.progress).await?;
        self.session = None;
        self.finished(response).await
    }

    /// The upload to go on with: this run's, that of a run before, or a new one.
    async fn begin(&mut self) -> Result<Session, Failure> {
        let known = self.session.take().or_else(|| self.sessions.kept());
        if let Some(known) = known {
            let status = self.sessions.status(&known, self.blob.size).await;
            if let Some(session) = status.map_err(Failure::last)? {
                return Ok(session);
            }
        }
        self.sessions.forget();
        let session = self.open().await?;
        self.sessions.keep(&session);
        self.session = Some(session.clone());
        Ok(session)
    }

    async fn open(&mut self) -> Result<Session, Failure> {
        match self.opened.take() {
            Some(location) => Ok(Session { location, offset: 0 }),
            None => self.sessions.open(&self.call).await,
        }
    }

    /// Sends the next chunk; `None` when the registry takes no chunks.
    async fn chunk(&mut self, session: &Session) -> Result<Option<Session>, Failure> {
        let from = session.offset;
        let bytes = self.reader.chunk(from, CHUNK, &self.call).await.map_err(Failure::last)?;
        let (length, last) = (bytes.len() as u64, from + bytes.len() as u64 - 1);
        let make = |client: &Client| {
            client
                .patch(session.location.clone())
                .header(CONTENT_TYPE, OCTETS)
                .header(CONTENT_LENGTH, length)
                .header(CONTENT_RANGE, format!("{from}-{last}"))
                .body(self.counted.body(from, bytes.clone()))
        };
        let sending = self.to.attempt(&self.call, &make);
        let response = self.counted.watch(sending, &self.call, self.progress).await?;
        let status = response.status();
        match status {
            StatusCode::ACCEPTED | StatusCode::CREATED | StatusCode::NO_CONTENT => {
                let next = self.sessions.after(session, &response, last + 1);
                next.map(Some).ok_or_else(|| self.lost("the registry went back"))
            }
            // Gone, or somewhere else than we think: the next try asks.
            StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                Err(self.lost(&format!("the registry lost the upload ({})", status.as_u16())))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Err(self.call.refused(response).await.into()),
            _ if status.is_client_error() => {
                self.manner = Manner::OnePiece;
                self.session = None;
                self.sessions.forget();
                Ok(None)
            }
            _ => Err(self.call.refused(response).await.into()),
        }
    }

    fn lost(&self, reason: &str) -> Failure {
        self.call.error(ErrorKind::Unavailable, reason).into()
    }

    /// Opens an upload and sends everything with its end.
    async fn one_piece(&mut self) -> Result<(), Failure> {
        let session = self.open().await?;
        let url = self.closing(&session.location);
        let cause = body::Cause::default();
        let make = |client: &Client| {
            let reader = Reader::new(self.blob.clone());
            client
                .put(url.clone())
                .header(CONTENT_TYPE, OCTETS)
                .header(CONTENT_LENGTH, self.blob.size)
                .body(self.counted.stream(reader, self.call.clone(), &cause))
        };
        let sending = self.to.attempt(&self.call, &make);
        let response = self.counted.watch(sending, &self.call, self.progress).await;
        // What was wrong with the source says more than that the request ended early.
        match cause.take() {
            Some(failure) => Err(failure),
            None => self.finished(response?).await,
        }
    }

    fn closing(&self, location: &Url) -> Url {
        let mut url = location.clone();
        url.query_pairs_mut().append_pair("digest", self.blob.digest.as_str());
        url
    }

    async fn finished(&self, response: Response) -> Result<(), Failure> {
        match response.status() {
            StatusCode::CREATED | StatusCode::NO_CONTENT | StatusCode::OK => Ok(()),
            StatusCode::NOT_FOUND => Err(self.lost("the registry lost the upload")),
            _ => Err(self.call.refused(response).await.into()),
        }
    }
}
