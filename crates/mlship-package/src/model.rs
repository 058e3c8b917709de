//! A trained model's file, mapped and understood.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use memmap2::Mmap;
use mlship_inspect::{Format, Signature, inspect, onnx, open_onnx, signature};

use crate::digest::Hashed;
use crate::error::PackageError;

/// So much of a file is in memory at once, in bytes; a multiple of every page size.
const PIECE_BYTES: usize = 4 << 20;

/// A trained model. Its weights stay in the file.
#[derive(Debug)]
pub struct Model {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub graph: onnx::Model,
    /// Which outputs are label and scores, and what the classes are called.
    pub signature: Signature,
    map: Mmap,
    sha256: OnceLock<String>,
}

impl Model {
    /// Reads the model at `path`. A file that is not ONNX is an error with what to do about it.
    pub fn read(path: &Path) -> Result<Self, PackageError> {
        let facts = inspect(path).map_err(PackageError::Inspect)?;
        if facts.format != Format::Onnx {
            return Err(PackageError::NotOnnx {
                path: path.to_owned(),
                summary: facts.summary,
                advice: facts.advice,
            });
        }
        let (graph, map) = open_onnx(path).map_err(PackageError::Inspect)?;
        let signature = signature(&graph);
        Ok(Self { path: path.to_owned(), graph, signature, map, sha256: OnceLock::new() })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// SHA-256 of the file, in hex; worked out once.
    pub fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let mut hashed = Hashed::new(io::sink());
            // A sink takes everything.
            let _ = self.copy(&self.map, &mut hashed);
            hashed.finish().0
        })
    }

    /// Writes bytes to `to`, a piece at a time. What lies in the file is dropped from memory as
    /// soon as it is written: a model is no longer there than a piece of it.
    pub(crate) fn copy(&self, bytes: &[u8], to: &mut impl Write) -> io::Result<()> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
            to.write_all(piece)?;
            self.forget(piece);
            Ok(())
        })
    }

    /// Drops the pages of `bytes` from memory, when they are the file's.
    fn forget(&self, bytes: &[u8]) {
        let start = (bytes.as_ptr() as usize).checked_sub(self.map.as_ptr() as usize);
        let Some(start) = start.filter(|start| *start + bytes.len() <= self.map.len()) else {
            return;
        };
        #[cfg(unix)]
        #[expect(unsafe_code, reason = "only this advice gives the pages of a map back")]
        // SAFETY: the map is read-only and of a file: a page that is dropped and read again is
        // read from the file, with the same bytes.
        let _ = unsafe {
            self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, bytes.len())
        };
        #[cfg(not(unix))]
        let _ = start;
    }
}

/// A writer of parts of a model's file.
pub(crate) struct Parts<'m, W> {
    /// The model.
    pub(crate) model: &'m Model,
    /// Where they go.
    pub(crate) to: W,
}

impl<W: Write> Write for Parts<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.model.copy(bytes, &mut self.to)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
