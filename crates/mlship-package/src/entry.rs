//! One file of an artifact: its path, its mode, what it is for, and its bytes, which are read a
//! piece at a time.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;

use crate::digest::Hashed;
use crate::error::PackageError;

/// One file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path in the artifact, with forward slashes.
    pub path: String,
    /// Who may run it.
    pub mode: Mode,
    /// What it is to the artifact.
    pub part: Part,
    /// Its bytes.
    pub source: Source,
}

/// A file's mode, normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 0644.
    Plain,
    /// 0755.
    Executable,
    /// 0666.
    OpenPlain,
    /// 0777.
    OpenExecutable,
}

impl Mode {
    /// The Unix permission bits.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
            Mode::OpenPlain => 0o666,
            Mode::OpenExecutable => 0o777,
        }
    }

    /// True when it may be run.
    pub fn is_executable(self) -> bool {
        matches!(self, Mode::Executable | Mode::OpenExecutable)
    }

    /// The same, to be written by everybody too.
    pub fn opened(self) -> Self {
        if self.is_executable() { Mode::OpenExecutable } else { Mode::OpenPlain }
    }
}

/// What a file is to the artifact: an image has a layer for each part, so that a change of one
/// leaves the others' bytes as they are. A zip archive takes no notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What the runtime does not carry inside: its loader and libraries, ONNX Runtime among them.
    Engine,
    /// The packages of a handler: many and large, and changed with their lock.
    Packages,
    /// What was trained: large, and changed by training alone.
    Weights,
    /// The runtime's binary: changed by a new version of mlship.
    Runtime,
    /// What a provider wants beside it.
    Provider,
    /// The model's description, graph and samples: small, and changed often.
    Model,
}

impl Part {
    /// Every part, what changes most seldom first: the order of an image's layers.
    pub const ALL: [Part; 6] =
        [Part::Engine, Part::Packages, Part::Weights, Part::Runtime, Part::Provider, Part::Model];

    /// One lower-case word.
    pub fn word(self) -> &'static str {
        match self {
            Part::Engine => "engine",
            Part::Packages => "packages",
            Part::Weights => "weights",
            Part::Runtime => "runtime",
            Part::Provider => "provider",
            Part::Model => "model",
        }
    }
}

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// In memory.
    Bytes(Cow<'static, [u8]>),
    /// On disk.
    File(PathBuf),
}

impl Entry {
    /// How many bytes it has.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn length(&self) -> Result<u64, PackageError> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.len() as u64),
            Source::File(path) => {
                let about = fs::metadata(path).map_err(PackageError::file("read", path))?;
                Ok(about.len())
            }
        }
    }

    /// Lets `take` read its bytes, which must be `length`, and gives their digest.
    pub(crate) fn stream(
        &self,
        length: u64,
        take: impl FnOnce(&mut dyn Read) -> Result<(), PackageError>,
    ) -> Result<String, PackageError> {
        let path = match &self.source {
            Source::Bytes(bytes) => {
                let mut reader = Hashed::new(&bytes[..]);
                take(&mut reader)?;
                return Ok(reader.finish().0);
            }
            Source::File(path) => path,
        };
        let unreadable =
            |source| PackageError::File { operation: "read", path: path.clone(), source };
        let mut file = File::open(path).map_err(unreadable)?;
        let inner = Hashed::new((&mut file).take(length));
        let mut reader = Watched { inner, failed: None };
        let taken = take(&mut reader);
        if let Some(source) = reader.failed {
            return Err(unreadable(source));
        }
        taken?;
        let (digest, bytes) = reader.inner.finish();
        let more = file.read(&mut [0]).map_err(unreadable)?;
        if bytes != length || more != 0 {
            return Err(unreadable(io::Error::other("it changed while it was packed")));
        }
        Ok(digest)
    }

    /// SHA-256 of its bytes, in hex, and how many there are.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn digest(&self) -> Result<(String, u64), PackageError> {
        let length = self.length()?;
        let digest = self.stream(length, |bytes| {
            io::copy(bytes, &mut io::sink())
                .map(drop)
                .map_err(PackageError::file("read", &self.path))
        })?;
        Ok((digest, length))
    }
}

/// A reader that keeps its own failure, so that it is not taken for the writer's.
struct Watched<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        self.inner.read(piece).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            self.failed = Some(error);
            io::Error::other("the source cannot be read")
        })
    }
}
