//! A trained model's file, mapped and understood.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use memmap2::Mmap;
use mlship_inspect::{Format, Signature, inspect, onnx, open_onnx, signature};

use crate::digest::sha256;
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
        self.sha256.get_or_init(|| sha256(&self.map))
    }
}
