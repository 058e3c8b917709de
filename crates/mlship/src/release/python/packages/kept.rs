//! The folder `.mlship/python`: packages that were made, one folder for each digest of what went into
//! them, and under `installed` what they were made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{PACKAGES, TOLD};
use crate::failure::Failure;

/// How many are kept: whoever changes a line back and forth waits once.
const KEPT: usize = 3;

/// Where it is in the folder `work`.
pub(super) fn folder(work: &Path) -> PathBuf {
    work.join("python")
}

/// Where what is installed is in it.
pub(super) fn installed(work: &Path) -> PathBuf {
    folder(work).join("installed")
}

/// Bytes of the packages that were made last in the folder `work`.
pub(in crate::release::python) fn last_bytes(work: &Path) -> Option<u64> {
    let (_, packages) = made(&folder(work), TOLD).pop()?;
    Some(bytes(&packages.join(PACKAGES)))
}

/// Bytes of all files in a folder.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
        true => bytes(&entry.path()),
        false => entry.metadata().map_or(0, |about| about.len()),
    });
    each.sum()
}

/// Removes all but those that were made last. What cannot be removed stays.
pub(super) fn forget(work: &Path) {
    for (folder, mark) in [(folder(work), TOLD), (installed(work), "")] {
        let mut made = made(&folder, mark);
        made.truncate(made.len().saturating_sub(KEPT));
        for (_, folder) in made {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// The folders in `folder` that have a file `mark`, with its time, the oldest first.
fn made(folder: &Path, mark: &str) -> Vec<(SystemTime, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut made: Vec<_> = entries
        .filter_map(|entry| {
            let about = entry.path().join(mark).metadata().ok()?;
            Some((about.modified().ok()?, entry.path()))
        })
        .collect();
    made.sort();
    made
}

/// Copies a folder.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(unreadable(to))?;
    for entry in fs::read_dir(from).map_err(unreadable(from))? {
        let entry = entry.map_err(unreadable(from))?;
        let place = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &place)?,
            false => drop(fs::copy(entry.path(), &place).map_err(unreadable(&place))?),
        }
    }
    Ok(())
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), Failure> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(unreadable(folder)) } else { Ok(()) }
}

/// For `map_err`: what could not be used.
pub(super) fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::usage(format!("could not use `{}`: {error}", path.display()))
}
