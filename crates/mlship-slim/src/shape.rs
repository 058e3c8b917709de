//! Kept files written as they are shipped: bytecode instead of sources, compacted libraries,
//! metadata in short, licences in one file, the guard. The same files give the same bytes.

mod bytecode;
mod libraries;
mod licences;
mod metadata;
mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::SlimError;
use crate::guard;
use crate::keep::{Facts, Keep};
use crate::modules::is_library;
use crate::tree::{make_parent, top};

/// The licences of all that is kept.
pub(crate) const LICENCES: &str = "THIRD_PARTY_LICENSES";

/// How files are shipped where a rule has exceptions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Exceptions {
    /// Tops of packages that keep their docstrings.
    pub(crate) docstrings: BTreeSet<String>,
    /// Tops of packages whose libraries stay as they are.
    pub(crate) libraries: BTreeSet<String>,
    /// Folders and files that are known to need their docstrings.
    known: Vec<&'static str>,
}

/// What of the pruned modules goes along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rest {
    /// Nothing: a module that no sample used is an error that names it.
    #[default]
    LeftOut,
    /// Those in pure Python, with the data of packages that were pruned whole, in an archive that
    /// the guard imports from.
    Shipped,
    /// The same, where all that is shipped is then not more than so many bytes, unzipped.
    Within(u64),
}

/// Writes kept files. What it made once it makes no second time.
#[derive(Debug)]
pub(crate) struct Shaper<'a> {
    pub(crate) facts: &'a Facts<'a>,
    /// Where it keeps what it made.
    pub(crate) cache: PathBuf,
    /// Whether libraries were found to load when compacted.
    pub(crate) loadable: BTreeMap<String, bool>,
    /// Whether they are for another machine, on which alone they can be loaded.
    pub(crate) foreign: bool,
}

impl<'a> Shaper<'a> {
    /// One that has made nothing yet.
    pub(crate) fn new(facts: &'a Facts<'a>, cache: PathBuf) -> Self {
        Self { facts, cache, loadable: BTreeMap::new(), foreign: false }
    }

    /// Writes the files into `out`, which must not be there yet.
    ///
    /// # Errors
    /// When a file cannot be read or written, or Python does not start.
    pub(crate) fn shape(
        &mut self,
        keep: &Keep,
        exceptions: &Exceptions,
        rest: Rest,
        out: &Path,
    ) -> Result<(), SlimError> {
        fs::create_dir_all(out).map_err(SlimError::file("create", out))?;
        let known = bytecode::known_to_be_read(keep);
        let exceptions = &Exceptions { known, ..exceptions.clone() };
        let sources = bytecode::write(self, keep, exceptions, out)?;
        for file in keep.files.keys() {
            if let Some(stub) = keep.stubs.get(file) {
                put(out, file, &stub.bytes)?;
            } else if is_library(file) {
                libraries::write(self, file, exceptions, out)?;
            } else if !file.ends_with(".py") || sources.contains(file) {
                self.copy(file, out)?;
            }
        }
        if !self.foreign {
            libraries::check(self, keep, out)?;
        }
        metadata::write(self.facts, out)?;
        licences::write(self.facts.tree, keep, out)?;
        bytecode::write_guard(self, out)?;
        match rest {
            Rest::LeftOut => guard::write(self.facts, keep, &BTreeSet::new(), out),
            Rest::Shipped => self.aside(keep, exceptions, rest::MOST_DATA_BYTES, out),
            Rest::Within(most) => {
                // Where there is no room for data, only packages that have none go along.
                for most_data_bytes in [rest::MOST_DATA_BYTES, 0] {
                    self.aside(keep, exceptions, most_data_bytes, out)?;
                    if bytes(out)? <= most {
                        return Ok(());
                    }
                }
                rest::remove(out)?;
                guard::write(self.facts, keep, &BTreeSet::new(), out)
            }
        }
    }

    /// Writes the archive of what was pruned, and what the guard knows of it.
    fn aside(
        &self,
        keep: &Keep,
        exceptions: &Exceptions,
        most_data_bytes: u64,
        out: &Path,
    ) -> Result<(), SlimError> {
        let served = rest::write(self, keep, exceptions, most_data_bytes, out)?;
        guard::write(self.facts, keep, &served, out)
    }

    /// Ships a file as it is.
    fn copy(&self, file: &str, out: &Path) -> Result<(), SlimError> {
        put(out, file, &self.facts.tree.bytes(file)?)
    }
}

/// Bytes of all files in a folder.
fn bytes(folder: &Path) -> Result<u64, SlimError> {
    let mut sum = 0;
    for entry in fs::read_dir(folder).map_err(SlimError::file("read", folder))? {
        let path = entry.map_err(SlimError::file("read", folder))?.path();
        let about = fs::metadata(&path).map_err(SlimError::file("read", &path))?;
        sum += if about.is_dir() { bytes(&path)? } else { about.len() };
    }
    Ok(sum)
}

/// Writes a file of the folder `out`.
fn put(out: &Path, file: &str, bytes: &[u8]) -> Result<(), SlimError> {
    let path = out.join(file);
    make_parent(&path)?;
    fs::write(&path, bytes).map_err(SlimError::file("write", &path))
}

/// Whether the package that a file is of is among these.
fn is_of(file: &str, tops: &BTreeSet<String>) -> bool {
    tops.contains(top(file))
}
