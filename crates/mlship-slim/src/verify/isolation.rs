//! How far a proof is from the rest of the machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::error::SlimError;

/// How far a proof is from the rest of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// No network, the packages read-only, the installed ones out of sight.
    Namespaces,
    /// The same by a user who is root in there alone.
    UserNamespaces,
    /// This machine allows none of it: what was touched was looked at instead.
    Watched,
}

/// Makes the packages read-only and hides the installed ones, then goes on with the rest.
const SETUP: &str = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && \
                     mount -t tmpfs -o ro none \"$2\" && shift 2 && exec \"$@\"";

impl Isolation {
    /// The farthest that this machine allows.
    pub(crate) fn here() -> Self {
        let allowed = |one: &Self| {
            let Ok(folders) = tempfile::tempdir() else { return false };
            let [packages, hidden] = ["packages", "hidden"].map(|name| folders.path().join(name));
            let made = [&packages, &hidden].into_iter().all(|path| fs::create_dir(path).is_ok());
            let Ok(words) = one.words(&packages, &hidden) else { return false };
            let Some((program, arguments)) = words.split_first() else { return false };
            let mut command = Command::new(program);
            command.args(arguments).arg("true").stdin(Stdio::null());
            let ran = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
            made && ran.is_ok_and(|status| status.success())
        };
        let best = [Self::Namespaces, Self::UserNamespaces].into_iter().find(allowed);
        best.unwrap_or(Self::Watched)
    }

    /// The words to put before a command that is to see `packages` and not `hidden`.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(crate) fn words(self, packages: &Path, hidden: &Path) -> Result<Vec<String>, SlimError> {
        let flags: &[&str] = match self {
            Self::Namespaces => &["--mount", "--net"],
            Self::UserNamespaces => &["--mount", "--net", "--map-root-user"],
            Self::Watched => return Ok(Vec::new()),
        };
        let mut words = vec!["unshare".to_owned()];
        words.extend(flags.iter().map(|flag| (*flag).to_owned()));
        words.extend(["--", "sh", "-c", SETUP, "sh"].map(str::to_owned));
        for path in [packages, hidden] {
            let path = path.canonicalize().map_err(SlimError::file("read", path))?;
            words.push(path.to_string_lossy().into_owned());
        }
        Ok(words)
    }
}
