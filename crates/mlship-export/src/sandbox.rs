//! A process that reaches no network.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::ExportError;

/// How a process is kept from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sandbox {
    /// In a network namespace of its own, in which there is nothing: Linux, by util-linux's
    /// `unshare`.
    Namespace,
    /// Not at all.
    None,
}

/// Rights over itself alone, and no network.
const UNSHARE: &[&str] = &["--user", "--map-root-user", "--net", "--ipc", "--"];

/// Where the system's programs are.
const PROGRAMS: &str = "/usr/local/bin:/usr/bin:/bin";

impl Sandbox {
    /// What this machine can do.
    ///
    /// # Errors
    /// When it can do nothing.
    pub fn find() -> Result<Self, ExportError> {
        let mut trial = Command::new("unshare");
        trial.args(UNSHARE).arg("true").stdin(Stdio::null());
        match trial.output() {
            Ok(output) if output.status.success() => Ok(Self::Namespace),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                Err(ExportError::NoSandbox(said.trim().to_owned()))
            }
            Err(error) => Err(ExportError::NoSandbox(format!("`unshare`: {error}"))),
        }
    }

    /// A command for `program`, with nothing of this process's environment.
    pub(crate) fn command(self, program: &Path, home: &Path) -> Command {
        let mut command = match self {
            Self::Namespace => {
                let mut command = Command::new("unshare");
                command.args(UNSHARE).arg(program);
                command
            }
            Self::None => Command::new(program),
        };
        command.env_clear().env("PATH", PROGRAMS).env("HOME", home).env("TMPDIR", home);
        command.env("LANG", "C.UTF-8").env("PYTHONHASHSEED", "0").env("PYTHONUTF8", "1");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}
