//! Files of a model that are not in its bundle: brought here at start, checked, and kept for the
//! next start. Knows nothing of what is in them.

mod error;
#[cfg(feature = "fetch")]
mod gs;
#[cfg(feature = "fetch")]
mod metadata;
#[cfg(feature = "fetch")]
mod part;
#[cfg(feature = "fetch")]
mod pass;
#[cfg(feature = "fetch")]
mod place;
#[cfg(feature = "fetch")]
mod s3;
#[cfg(feature = "fetch")]
mod scratch;
#[cfg(feature = "fetch")]
mod transfer;
#[cfg(feature = "fetch")]
mod view;

use std::path::{Path, PathBuf};

use mlship_bundle::Model;

use crate::bundle::LoadError;
use crate::notice::Tell;
use crate::origin::Origin;
pub use error::{Cause, FetchError};
#[cfg(feature = "fetch")]
use pass::Pass;

/// A folder where the files of the model lie beside each other, under the names that the bundle
/// gives them: those of the bundle in `folder`, and those that are fetched.
///
/// # Errors
/// When a file cannot be had from its place, is not what the bundle says, or cannot be kept.
#[cfg(feature = "fetch")]
pub(crate) fn beside_each_other(
    folder: &Path,
    model: &Model,
    origin: &Origin,
    tell: Tell,
) -> Result<PathBuf, LoadError> {
    for name in view::names(model) {
        crate::bundle::path_in(folder, name)?;
    }
    let scratch = scratch::Scratch::open(&origin.scratch)?;
    let mut missing = Vec::new();
    for file in &model.fetched {
        place::check(file)?;
        let lock = scratch.lock(file)?;
        if !scratch.has(file)? {
            missing.push((file, place::of(file, origin)?, lock));
        }
    }
    scratch.check_room(missing.iter().map(|(file, ..)| *file))?;
    for (file, place, lock) in &missing {
        let begin = std::time::Instant::now();
        transfer::bring(file, place, Pass::new(place, origin), &scratch, tell)?;
        scratch.keep(file)?;
        let milliseconds = begin.elapsed().as_millis() as u64;
        tell(&crate::notice::Notice::Fetched { path: file.path.clone(), milliseconds });
        // Another process that waits for this file finds it whole.
        let _ = lock.unlock();
    }
    view::of(folder, model, &scratch)
}

/// Without this part of the build there is no such folder.
#[cfg(not(feature = "fetch"))]
pub(crate) fn beside_each_other(
    _: &Path,
    _: &Model,
    _: &Origin,
    _: Tell,
) -> Result<PathBuf, LoadError> {
    Err(FetchError::NotInThisBuild.into())
}
