//! A Python to look, compile and answer with: of the target's version, with nothing of its
//! surroundings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::Serialize;

use crate::error::SlimError;

/// An interpreter of this machine.
#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
    minor: u32,
    tag: String,
}

/// Prints the version, the tag of bytecode and the interpreter behind a virtual environment.
const ABOUT: &str = "import sys; print(*sys.version_info[:2], sys.implementation.cache_tag, \
                     getattr(sys, '_base_executable', '') or sys.executable, sep='\\n')";

impl Python {
    /// Asks the interpreter what it is.
    ///
    /// # Errors
    /// When it cannot be started, or is no Python 3.
    pub fn at(program: &Path) -> Result<Self, SlimError> {
        let unusable = |reason: String| SlimError::Python { program: program.to_owned(), reason };
        let asked = Command::new(program).args(["-I", "-S", "-c", ABOUT]).output();
        let told = asked.map_err(|error| unusable(error.to_string()))?;
        if !told.status.success() {
            return Err(unusable(last_line(&told.stderr)));
        }
        let told = String::from_utf8_lossy(&told.stdout);
        let mut lines = told.lines();
        let version = (lines.next(), lines.next().and_then(|minor| minor.parse().ok()));
        let ((Some("3"), Some(minor)), Some(tag), Some(behind)) =
            (version, lines.next(), lines.next())
        else {
            return Err(unusable("it is no Python 3".to_owned()));
        };
        Ok(Self { program: PathBuf::from(behind), minor, tag: tag.to_owned() })
    }

    /// 12 in Python 3.12.
    pub fn minor(&self) -> u32 {
        self.minor
    }

    /// `3.12`.
    pub fn version(&self) -> String {
        format!("3.{}", self.minor)
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// What names of bytecode files carry: `cpython-312`.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The flags with which it sees nothing but its own library: no user's or site's packages,
    /// nothing beside the script, and it writes no bytecode.
    pub(crate) fn flags(&self) -> &'static [&'static str] {
        // `-I` would do more in one, and would ignore the seed of hashes with the rest.
        if self.minor >= 11 { &["-P", "-s", "-S", "-B"] } else { &["-s", "-S", "-B"] }
    }

    /// Runs a script that reads a JSON file, whose path it is given, and prints its answer.
    ///
    /// # Errors
    /// When it cannot be started, or fails.
    pub(crate) fn ask<Q: Serialize>(
        &self,
        script: &str,
        question: &Q,
    ) -> Result<Vec<u8>, SlimError> {
        let folder = std::env::temp_dir();
        let folder = tempfile::tempdir().map_err(SlimError::file("create", &folder))?;
        let path = folder.path().join("question.json");
        let question = serde_json::to_vec(question).map_err(SlimError::json(&path))?;
        fs::write(&path, question).map_err(SlimError::file("write", &path))?;
        let mut command = Command::new(&self.program);
        command.args(self.flags()).args(["-c", script]).arg(&path);
        let out = clean(&mut command).stdin(Stdio::null()).output().map_err(self.unstarted())?;
        self.succeeded(out)
    }

    /// The output of a run that went well.
    fn succeeded(&self, out: Output) -> Result<Vec<u8>, SlimError> {
        if out.status.success() {
            return Ok(out.stdout);
        }
        let reason = last_line(&out.stderr);
        Err(SlimError::Python { program: self.program.clone(), reason })
    }

    pub(crate) fn unstarted(&self) -> impl FnOnce(io::Error) -> SlimError {
        let program = self.program.clone();
        |source| SlimError::Python { program, reason: source.to_string() }
    }
}

/// An environment that is the same for every user and every machine.
pub(crate) fn clean(command: &mut Command) -> &mut Command {
    command.env_clear().envs([
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"),
        ("HOME", "/nonexistent"),
        ("LC_ALL", "C.UTF-8"),
        ("PYTHONHASHSEED", "0"),
        ("OMP_NUM_THREADS", "1"),
        ("OPENBLAS_NUM_THREADS", "1"),
        ("TZ", "UTC"),
    ])
}

/// What a program said last: of a Python error, its type and message.
pub(crate) fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(|| "it ended without a word".to_owned(), |line| line.trim().to_owned())
}
