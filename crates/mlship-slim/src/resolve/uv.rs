//! The program `uv`, which finds versions that go together, locks them and installs them: how it is
//! called, whoever calls it. What is asked of it and what its errors become is the caller's.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The program that resolves and installs.
#[derive(Debug, Clone)]
pub struct Uv {
    /// Where it is; a bare name is looked for in `PATH`.
    pub program: PathBuf,
    /// Where it keeps what it fetched; its own place when `None`.
    pub cache: Option<PathBuf>,
    /// Whether it may fetch.
    pub network: Network,
}

/// Whether anything may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Yes.
    Allowed,
    /// Only what was fetched before is there.
    Cut,
}

impl Default for Uv {
    fn default() -> Self {
        Self { program: "uv".into(), cache: None, network: Network::Allowed }
    }
}

/// Why `uv` did not run at all.
#[derive(Debug, thiserror::Error)]
pub enum NotRun {
    /// It is not there.
    #[error("`{}` is not there", program.display())]
    Absent {
        /// What was looked for.
        program: PathBuf,
    },
    /// It is there and does not start.
    #[error("`{}` could not be started", program.display())]
    Unstarted {
        /// What was started.
        program: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

impl Uv {
    /// A call of it that says what it says plainly, and that knows of no environment but the one
    /// that it is told.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("NO_COLOR", "1").env("UV_NO_PROGRESS", "1").env_remove("VIRTUAL_ENV");
        if let Some(cache) = &self.cache {
            command.env("UV_CACHE_DIR", cache);
        }
        if self.network == Network::Cut {
            command.env("UV_OFFLINE", "1");
        }
        command
    }

    /// Runs a call to its end, and gives what it said, whether it went well or not.
    ///
    /// # Errors
    /// When it is not there, or does not start.
    pub fn run(&self, command: &mut Command) -> Result<Output, NotRun> {
        let program = || self.program.clone();
        command.stdin(Stdio::null()).output().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => NotRun::Absent { program: program() },
            _ => NotRun::Unstarted { program: program(), source },
        })
    }
}
