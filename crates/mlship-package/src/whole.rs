//! A file that is seen only when it is whole.

use std::fs::{self, File};
use std::path::Path;

use mlship_core::partial::beside;

use crate::error::PackageError;

/// Lets `write` write the file `to`, which takes its place only when that has succeeded; also makes
/// the folders around it. The path that is written to first is handed on for messages.
///
/// # Errors
/// What `write` fails with, and when the file cannot be made or put in its place. Nothing is left.
pub fn whole<T, E: From<PackageError>>(
    to: &Path,
    write: impl FnOnce(File, &Path) -> Result<T, E>,
) -> Result<T, E> {
    let partial = beside(to);
    let file = to
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| File::create(&partial))
        .map_err(PackageError::file("write", &partial))?;
    let written = write(file, &partial).and_then(|value| {
        fs::rename(&partial, to).map_err(PackageError::file("write", to))?;
        Ok(value)
    });
    written.inspect_err(|_| {
        // Of no use to anyone; the next run overwrites it anyway.
        let _ = fs::remove_file(&partial);
    })
}
