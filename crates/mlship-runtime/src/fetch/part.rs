//! The part of a file that has arrived: bytes on the disk and the digest of them so far.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use mlship_bundle::Fetched;
use ring::digest::{Context, SHA256};

use super::Cause;
use super::s3::hex;

/// What is read at once when a part of before is digested.
const CHUNK: usize = 256 << 10;

/// A part of a file, which only grows.
pub(super) struct Part {
    file: File,
    digest: Context,
    /// How much is here, in bytes.
    pub(super) have: u64,
    /// Of those, how much an earlier process left.
    pub(super) left: u64,
}

impl Part {
    /// Opens the part at `path`, which an earlier process may have left.
    pub(super) fn open(path: &Path, whole: &Fetched) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path)?;
        let mut part = Self { file, digest: Context::new(&SHA256), have: 0, left: 0 };
        if part.file.metadata()?.len() > whole.bytes {
            part.clear()?;
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = part.file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            part.digest.update(&buffer[..read]);
            part.have += read as u64;
        }
        part.left = part.have;
        Ok(part)
    }

    /// Adds what came.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        self.file.write_all(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Cause::Full { have: self.have },
            _ => Cause::Write(error),
        })?;
        self.digest.update(bytes);
        self.have += bytes.len() as u64;
        Ok(())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.digest, self.have, self.left) = (Context::new(&SHA256), 0, 0);
        Ok(())
    }

    /// SHA-256 of what is here, in hex.
    pub(super) fn sha256(&self) -> String {
        hex(self.digest.clone().finish().as_ref())
    }
}

/// SHA-256 of a file, in hex.
pub(super) fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(digest.finish().as_ref())),
            read => digest.update(&buffer[..read]),
        }
    }
}
