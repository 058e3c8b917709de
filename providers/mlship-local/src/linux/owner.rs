//! Whose a service is: the folder of the project that it was deployed from last. Two projects of one
//! name would else be versions of each other.

use std::path::{Path, PathBuf};

use mlship_core::provider::{ErrorKind, ProviderError};
use serde::{Deserialize, Serialize};

use super::failure::{Explain, Task};
use crate::Others;

/// What is kept of it. A service from before it was kept is everybody's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Owner {
    /// The project's folder, from the root.
    pub(crate) folder: String,
}

/// Who asks.
#[derive(Debug)]
pub(crate) struct Asker {
    /// The folder of its project.
    pub(crate) owner: Owner,
    /// What is done with a service of another folder.
    pub(crate) others: Others,
}

impl Asker {
    pub(crate) fn new(folder: &Path, others: Others) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let whole = folder.canonicalize().or_else(|_| std::path::absolute(folder));
        let folder = whole.unwrap_or_else(|_| PathBuf::from(folder));
        Self { owner: Owner { folder: folder.to_string_lossy().into_owned() }, others }
    }

    /// Refuses a service of another folder. One that was removed or moved owns nothing.
    pub(crate) fn may(&self, task: Task<'_>, found: Option<&Owner>) -> Result<(), ProviderError> {
        let Some(found) = found.filter(|found| **found != self.owner) else { return Ok(()) };
        if self.others == Others::Adopt || !Path::new(&found.folder).is_dir() {
            return Ok(());
        }
        let reason = format!(
            "what runs under this name on this machine is of the project in `{}`, and not of `{}`",
            found.folder, self.owner.folder
        );
        Err(task
            .failed(ErrorKind::Conflict, reason)
            .hint("give this project another `name` in its manifest")
            .hint("or remove the other, in its folder: mlship destroy")
            .hint("or make it a version of this one: mlship deploy --adopt"))
    }
}
