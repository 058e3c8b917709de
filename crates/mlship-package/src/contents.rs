//! What goes into an artifact: paths, modes and bytes, always in the same order.

use std::borrow::Cow;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::digest::{sha256, sha256_of};
use crate::error::PackageError;

/// The files of an artifact, sorted by path.
#[derive(Debug, Clone, Default)]
pub struct Contents(Vec<Entry>);

/// One file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path in the artifact, with forward slashes.
    pub path: String,
    /// Who may run it.
    pub mode: Mode,
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
}

impl Mode {
    /// The Unix permission bits.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
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

impl Contents {
    /// Adds a file; one of the same path is replaced.
    pub fn add(&mut self, path: impl Into<String>, mode: Mode, source: Source) {
        let entry = Entry { path: path.into(), mode, source };
        match self.0.binary_search_by(|other| other.path.cmp(&entry.path)) {
            Ok(at) => self.0[at] = entry,
            Err(at) => self.0.insert(at, entry),
        }
    }

    /// Adds a plain file whose bytes are in memory.
    pub fn add_bytes(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.add(path, Mode::Plain, Source::Bytes(bytes.into()));
    }

    /// The files, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Bytes of all files, and one digest of all paths, modes and bytes that does not depend on
    /// how they are packed.
    pub fn measure(&self) -> Result<(u64, String), PackageError> {
        let mut total = 0;
        let mut list = String::new();
        for entry in &self.0 {
            let (digest, bytes) = entry.digest()?;
            total += bytes;
            list.push_str(&format!("{:o} {digest} {}\n", entry.mode.bits(), entry.path));
        }
        Ok((total, sha256(list.as_bytes())))
    }

    /// Writes the files into `folder`, which is emptied first.
    pub fn write(&self, folder: &Path) -> Result<(), PackageError> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(PackageError::file("remove", folder))?;
        }
        for entry in &self.0 {
            let to = folder.join(&entry.path);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(PackageError::file("write", parent))?;
            }
            match &entry.source {
                Source::Bytes(bytes) => fs::write(&to, bytes),
                Source::File(from) => fs::copy(from, &to).map(|_| ()),
            }
            .map_err(PackageError::file("write", &to))?;
            set_mode(&to, entry.mode)?;
        }
        Ok(())
    }
}

impl Entry {
    /// Its bytes, all in memory.
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, PackageError> {
        match &self.source {
            Source::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Source::File(path) => {
                fs::read(path).map(Cow::Owned).map_err(PackageError::file("read", path))
            }
        }
    }

    fn digest(&self) -> Result<(String, u64), PackageError> {
        match &self.source {
            Source::Bytes(bytes) => Ok((sha256(bytes), bytes.len() as u64)),
            Source::File(path) => File::open(path)
                .and_then(|mut file| sha256_of(&mut file))
                .map_err(PackageError::file("read", path)),
        }
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: Mode) -> Result<(), PackageError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode.bits()))
        .map_err(PackageError::file("write", path))
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: Mode) -> Result<(), PackageError> {
    Ok(())
}
