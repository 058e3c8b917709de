//! The documents that a host shows beside its answers: the description of the service made
//! when it is first asked for, so that a start does not pay for it, and whether there is a page.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mlship_bundle::{Bundle, Page};

use super::openapi::{self, Guard};
use super::routes::{self, Reply};

/// Whom a host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    /// Programs on this machine.
    Local,
    /// Others too.
    Remote,
}

/// What the documents are made of.
pub(super) struct Documents {
    folder: PathBuf,
    bundle: Bundle,
    guard: Guard,
    shows_page: bool,
    openapi: OnceLock<Vec<u8>>,
}

impl Documents {
    /// Of `bundle`, which was read from `folder`.
    pub(super) fn new(folder: &Path, bundle: &Bundle, callers: Callers, guard: Guard) -> Self {
        let shows_page = match bundle.serving.page {
            Page::On => true,
            Page::Off => false,
            Page::Local => callers == Callers::Local,
        };
        Self {
            folder: folder.to_owned(),
            bundle: bundle.clone(),
            guard,
            shows_page,
            openapi: OnceLock::new(),
        }
    }

    /// Whether there is a page.
    pub(super) fn shows_page(&self) -> bool {
        self.shows_page
    }

    /// The description.
    pub(super) fn openapi(&self) -> Reply {
        let is_there = |path: &str| match path {
            "/" => self.shows_page,
            // The user's own code has no tensors.
            path if path.starts_with("/v2/models") => self.bundle.worker.is_none(),
            path => routes::is_there(path),
        };
        let make = || openapi::describe(&self.folder, &self.bundle, self.guard, &is_there);
        Reply::json(self.openapi.get_or_init(make).clone())
    }
}
