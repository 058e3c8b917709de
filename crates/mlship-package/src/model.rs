//! A trained model's file, mapped and understood.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use mlship_inspect::{Format, Signature, inspect, onnx, signature};

use crate::error::PackageError;

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
        let unreadable = |source| PackageError::File { operation: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(unreadable)?;
        #[expect(unsafe_code, reason = "a model may be larger than memory")]
        // SAFETY: the file is only read, every access is bounds-checked, and any bytes will do;
        // a file cut short by someone else meanwhile ends the process, as it would for any tool.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let graph = onnx::parse(&map).map_err(|source| PackageError::Compile {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let signature = signature(&graph);
        Ok(Self { path: path.to_owned(), graph, signature, map })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }
}
