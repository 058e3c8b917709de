//! One at a time in a project's work folder: what one builds there, another would write over.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::context::Context;
use crate::failure::Failure;

/// The right to write into a work folder; given back when it is dropped, or the process ends.
#[derive(Debug)]
pub(crate) struct Turn(File);

impl Turn {
    /// Waits for it.
    pub(crate) fn take(context: &Context, work: &Path) -> Result<Self, Failure> {
        let path = work.join("lock");
        let unusable = |error: std::io::Error| {
            Failure::usage(format!("could not lock `{}`: {error}", path.display()))
        };
        let file = File::create(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                context.say(&format!("  waiting: another mlship works in `{}`", work.display()));
                file.lock().map_err(unusable)?;
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        Ok(Self(file))
    }

    /// Gives it back.
    pub(crate) fn end(&self) {
        // The end of the process gives it back at the latest.
        let _ = self.0.unlock();
    }
}
