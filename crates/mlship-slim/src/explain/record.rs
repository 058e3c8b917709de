//! The record of what was shipped, file by file, with digests: what an artifact's provenance holds.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::SlimError;
use crate::guard::REST;
use crate::keep::{Dropped, Level, Reason};
use crate::platform::Platform;
use crate::probe::{Purpose, Request};
use crate::slim::Slimmed;
use crate::stubs::Stubbed;
use crate::trace::Watcher;
use crate::verify::Verification;

/// The rules' version: it changes when the same inputs give other files.
const RULES: u32 = 3;

/// What was made of what, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    /// The version of the rules.
    pub rules: u32,
    /// How much was left out.
    pub level: Level,
    /// Who watched.
    pub watcher: Watcher,
    /// The target.
    pub platform: Platform,
    /// The target's Python: `3.12`.
    pub python: String,
    /// The requests that were watched and compared.
    pub requests: Vec<RequestRecord>,
    /// SHA-256 of all that is shipped: of the paths and digests, in order.
    pub sha256: String,
    /// Bytes of the archive of pruned modules in pure Python; 0 when it does not go along.
    pub rest_bytes: u64,
    /// Stubs that stand in for libraries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stubs: Vec<Stubbed>,
    /// Files of the installed packages, by their paths.
    pub files: Vec<FileRecord>,
    /// How it was proven.
    pub verification: Verification,
}

/// A request that was watched or compared.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// SHA-256 of its JSON.
    pub sha256: String,
}

/// What became of a file.
#[derive(Debug, Clone, Serialize)]
pub struct FileRecord {
    /// Its path in the packages.
    pub path: String,
    /// The distribution that it is of.
    pub distribution: String,
    /// Its bytes as it was installed.
    pub bytes_before: u64,
    /// Its bytes as it is shipped; 0 when it is left out.
    pub bytes_after: u64,
    /// SHA-256 of it as it was installed, where it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Reason>,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
}

impl Slimmed {
    /// The record of what was shipped, to be written as `mlship-slim.json`.
    ///
    /// # Errors
    /// When what was installed or is shipped cannot be read again.
    pub fn provenance(&self) -> Result<Provenance, SlimError> {
        let mut files = Vec::new();
        for (path, bytes) in &self.tree.files {
            let kept = self.keep.files.get(path).cloned();
            let sha256 = kept.as_ref().map(|_| self.tree.bytes(path)).transpose()?;
            files.push(FileRecord {
                distribution: self.tree.distribution(path).to_owned(),
                bytes_before: *bytes,
                bytes_after: self.shipped(path),
                sha256: sha256.map(|bytes| hex(Sha256::digest(bytes).as_slice())),
                dropped: self.keep.dropped.get(path).copied(),
                path: path.clone(),
                kept,
            });
        }
        Ok(Provenance {
            rules: RULES,
            level: self.level,
            watcher: self.watcher,
            platform: self.platform,
            python: self.python.version(),
            requests: self.requests.iter().map(record).collect(),
            sha256: self.digest()?,
            rest_bytes: self.rest_bytes(),
            stubs: self.stubs(),
            files,
            verification: self.verification.clone(),
        })
    }

    /// Bytes of the archive of pruned modules; 0 when there is none.
    pub(super) fn rest_bytes(&self) -> u64 {
        fs::metadata(self.out.join(REST)).map_or(0, |about| about.len())
    }

    fn stubs(&self) -> Vec<Stubbed> {
        let stubs = self.keep.stubs.iter().map(|(library, stub)| Stubbed {
            library: library.clone(),
            symbols: stub.symbols,
            bytes: stub.bytes.len() as u64,
        });
        stubs.collect()
    }

    /// SHA-256 of all that is shipped: of the paths and digests, in order.
    ///
    /// # Errors
    /// When it cannot be read again.
    pub fn digest(&self) -> Result<String, SlimError> {
        let mut all = Sha256::new();
        for file in self.written()? {
            let path = self.out.join(&file);
            let bytes = fs::read(&path).map_err(SlimError::file("read", &path))?;
            all.update(format!("{file}\n{}\n", hex(Sha256::digest(bytes).as_slice())));
        }
        Ok(hex(all.finalize().as_slice()))
    }

    /// The shipped files, in order.
    pub(super) fn written(&self) -> Result<Vec<String>, SlimError> {
        let mut files = Vec::new();
        list(&self.out, "", &mut files)?;
        files.sort();
        Ok(files)
    }

    /// Bytes that a file of the installed packages became.
    pub(super) fn shipped(&self, file: &str) -> u64 {
        let bytes = |path: &str| fs::metadata(self.out.join(path)).map_or(0, |about| about.len());
        let Some(stem) = file.strip_suffix(".py") else { return bytes(file) };
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let beside = format!("{folder}__pycache__/{name}.{}.pyc", self.python.tag());
        bytes(file) + bytes(&format!("{file}c")) + bytes(&beside)
    }
}

fn record(request: &Request) -> RequestRecord {
    RequestRecord {
        name: request.name.clone(),
        purpose: request.purpose,
        sha256: hex(Sha256::digest(request.text.as_bytes()).as_slice()),
    }
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), SlimError> {
    for entry in fs::read_dir(folder).map_err(SlimError::file("read", folder))? {
        let entry = entry.map_err(SlimError::file("read", folder))?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.push(name);
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
