//! An upload that a registry has begun: where it is, how far it got, and how a later run finds it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_LENGTH, HeaderMap, LOCATION, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use serde::{Deserialize, Serialize};

use crate::answer::Call;
use crate::connection::Connection;
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::pace::Failure;

/// An upload in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// Where the next bytes go. Whoever knows it can write to the upload.
    pub(super) location: Url,
    /// How many bytes the registry has.
    pub(super) offset: u64,
}

/// The uploads of one blob to one repository.
pub(super) struct Sessions<'s> {
    to: &'s Connection,
    digest: Digest,
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    digest: String,
    location: String,
}

impl<'s> Sessions<'s> {
    pub(super) fn new(to: &'s Connection, digest: &Digest, folder: &Path) -> Self {
        let file = folder.join(format!("{}.json", digest.hex()));
        Self { to, digest: digest.clone(), file }
    }

    /// Begins an upload.
    pub(super) async fn open(&self, call: &Call) -> Result<Session, Failure> {
        let url = self.to.url("blobs/uploads/");
        let make = |client: &Client| client.post(url.clone()).header(CONTENT_LENGTH, 0);
        let response = self.to.ask_once(call, &make).await?;
        if response.status() != StatusCode::ACCEPTED {
            return Err(self.unopened(call.refused(response).await).into());
        }
        let location = location(self.to, response.headers());
        let none = || call.error(ErrorKind::Refused, "the registry does not say where to send it");
        Ok(Session { location: location.ok_or_else(none)?, offset: 0 })
    }

    /// Asks how far an upload got; `None` when it cannot be gone on with.
    pub(super) async fn status(
        &self,
        known: &Session,
        size: u64,
    ) -> Result<Option<Session>, RegistryError> {
        let call = Call::new("ask for the upload of", &self.digest);
        let make = |client: &Client| client.get(known.location.clone());
        let response = match self.to.ask(&call, &make).await {
            Ok(response) => response,
            Err(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::Throttled) => {
                return Err(error);
            }
            Err(_) => return Ok(None),
        };
        if !response.status().is_success() {
            return Ok(None);
        }
        let offset = range_end(response.headers()).unwrap_or(0);
        let location =
            location(self.to, response.headers()).unwrap_or_else(|| known.location.clone());
        Ok((offset <= size).then_some(Session { location, offset }))
    }

    /// The upload after a chunk that was to end before the byte `end`; `None` when the registry
    /// has something else.
    pub(super) fn after(&self, before: &Session, response: &Response, end: u64) -> Option<Session> {
        let location =
            location(self.to, response.headers()).unwrap_or_else(|| before.location.clone());
        let offset = range_end(response.headers()).unwrap_or(end);
        (before.offset < offset && offset <= end).then_some(Session { location, offset })
    }

    /// Writes down where the upload is. Without the note the next run starts afresh: that it
    /// cannot be written is no reason to stop.
    pub(super) fn keep(&self, session: &Session) {
        self.write(session).ok();
    }

    /// The upload that a run before has left. How far it got is not known.
    pub(super) fn kept(&self) -> Option<Session> {
        let text = fs::read_to_string(&self.file).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        let ours = kept.name == self.to.reference().name() && kept.digest == self.digest.as_str();
        let location = ours.then(|| self.to.located(&kept.location)).flatten()?;
        Some(Session { location, offset: 0 })
    }

    /// There is nothing to go on with any more.
    pub(super) fn forget(&self) {
        fs::remove_file(&self.file).ok();
    }

    fn write(&self, session: &Session) -> io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let kept = Kept {
            name: self.to.reference().name(),
            digest: self.digest.to_string(),
            location: session.location.to_string(),
        };
        let beside = self.file.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&beside)?.write_all(&serde_json::to_vec(&kept)?)?;
        fs::rename(beside, &self.file)
    }

    fn unopened(&self, error: RegistryError) -> RegistryError {
        match error.kind {
            ErrorKind::NotFound => {
                let name = self.to.reference().name();
                error.with_hint(format!("make the repository `{name}` first"))
            }
            _ => error,
        }
    }
}

/// Where a registry says that an upload is.
pub(crate) fn location(to: &Connection, headers: &HeaderMap) -> Option<Url> {
    to.located(headers.get(LOCATION)?.to_str().ok()?)
}

/// How many bytes a `Range: 0-99` counts. `0-0` is none: no upload stops after its first byte.
fn range_end(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(RANGE)?.to_str().ok()?.trim();
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let last: u64 = range.strip_prefix("0-")?.parse().ok()?;
    Some(if last == 0 { 0 } else { last.saturating_add(1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_count_bytes() {
        let count = |range: &'static str| {
            range_end(&HeaderMap::from_iter([(RANGE, range.parse().unwrap())]))
        };
        assert_eq!(count("0-0"), Some(0));
        assert_eq!(count("0-99"), Some(100));
        assert_eq!(count("bytes=0-99"), Some(100));
        assert_eq!(count("0-18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "5-9", "0-x", "0-18446744073709551616"] {
            assert_eq!(count(wrong), None, "{wrong}");
        }
    }
}
