//! The packages of a handler, in the artifact.

use std::fs;
use std::path::Path;

use serde::Serialize;

use super::Scripts;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;

/// The folder of the packages in the artifact.
pub(super) const FOLDER: &str = "packages";

/// The packages of a handler, as an artifact's provenance tells of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Packages {
    /// The version of Python that they are for: `3.12`.
    pub python: String,
    /// What they run on: `x86_64-manylinux_2_28`.
    pub platform: String,
    /// How much was left out.
    pub slim: &'static str,
    /// SHA-256 of the lock, in hex.
    pub lock_sha256: String,
}

impl Scripts {
    /// Adds all files of `folder`, and `told` in their provenance.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn add_packages(&mut self, folder: &Path, told: Packages) -> Result<(), PackageError> {
        let mut folders = vec![(folder.to_owned(), FOLDER.to_owned())];
        while let Some((place, name)) = folders.pop() {
            for entry in fs::read_dir(&place).map_err(PackageError::file("read", &place))? {
                let entry = entry.map_err(PackageError::file("read", &place))?;
                let path = format!("{name}/{}", entry.file_name().to_string_lossy());
                match entry.path().is_dir() {
                    true => folders.push((entry.path(), path)),
                    false => {
                        let source = Source::File(entry.path());
                        self.contents.add_to(Part::Packages, path, Mode::Plain, source);
                    }
                }
            }
        }
        self.provenance.packages = Some(told);
        Ok(())
    }
}
