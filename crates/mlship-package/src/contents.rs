//! What goes into an artifact: paths, modes and bytes, always in the same order.

use std::fs;
use std::io;
use std::path::Path;

use crate::digest::sha256;
use crate::entry::{Entry, Mode, Part, Source};
use crate::error::PackageError;

/// The files of an artifact, sorted by path.
#[derive(Debug, Clone, Default)]
pub struct Contents(Vec<Entry>);

impl Contents {
    /// Adds a file of the [`Part::Model`]; one of the same path is replaced.
    pub fn add(&mut self, path: impl Into<String>, mode: Mode, source: Source) {
        self.add_to(Part::Model, path, mode, source);
    }

    /// Adds a file of a part; one of the same path is replaced.
    pub fn add_to(&mut self, part: Part, path: impl Into<String>, mode: Mode, source: Source) {
        let entry = Entry { path: path.into(), mode, part, source };
        match self.0.binary_search_by(|other| other.path.cmp(&entry.path)) {
            Ok(at) => self.0[at] = entry,
            Err(at) => self.0.insert(at, entry),
        }
    }

    /// Adds a plain file whose bytes are in memory.
    pub fn add_bytes(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        self.add(path, Mode::Plain, Source::Bytes(bytes.into()));
    }

    /// Opens every file to everybody: [`Mode::opened`].
    pub fn open_all(&mut self) {
        for entry in &mut self.0 {
            entry.mode = entry.mode.opened();
        }
    }

    /// The files, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Bytes of all files, and one digest of all paths, modes and bytes that does not depend on
    /// how they are packed.
    pub fn measure(&self) -> Result<(u64, String), PackageError> {
        let digests: Result<Vec<_>, _> = self.0.iter().map(Entry::digest).collect();
        Ok(self.measured(&digests?))
    }

    /// The same of files whose digests and lengths are known, in the order of [`Self::entries`].
    pub(crate) fn measured(&self, digests: &[(String, u64)]) -> (u64, String) {
        let mut total = 0;
        let mut list = String::new();
        for (entry, (digest, bytes)) in self.0.iter().zip(digests) {
            total += bytes;
            list.push_str(&format!("{:o} {digest} {}\n", entry.mode.bits(), entry.path));
        }
        (total, sha256(list.as_bytes()))
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
                Source::File(from) => place(from, &to, folder.parent()),
            }
            .map_err(PackageError::file("write", &to))?;
            set_mode(&to, entry.mode)?;
        }
        Ok(())
    }
}

/// Puts a file at `to`. One that lies in `own`, the folder of what is being built, is not copied:
/// whoever builds there next makes a new file and does not write over this one.
fn place(from: &Path, to: &Path, own: Option<&Path>) -> io::Result<()> {
    if own.is_some() && from.parent() == own && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map(drop)
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
