//! Requirements to a lock with hashes, and the lock to a folder of packages, for the target and not
//! for this machine. `uv` does both; nothing is built, and nothing of a package is run.

mod accelerator;
mod diagnosis;
mod error;
mod instead;
mod lock;
mod place;
mod uv;
mod wheels;

use std::path::Path;
use std::process::{Command, Output};

pub use accelerator::{Accelerated, Accelerators};
pub use error::ResolveError;
pub use instead::Instead;
pub use lock::{Drift, Lock, Locked, drift};
pub use place::Place;
pub use uv::{Network, NotRun, Uv};

use crate::platform::Platform;
use crate::python::Python;

/// What is resolved, and what for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The file that lists the packages.
    pub requirements: &'a Path,
    /// The target's version of Python.
    pub python: &'a Python,
    /// The target.
    pub platform: Platform,
    /// What is done about packages for graphics cards.
    pub accelerators: Accelerators,
}

/// Decides which version of which package it is, with the hashes of its files.
///
/// # Errors
/// When there is no answer: each names the line of the requirements and what to change. Packages for
/// graphics cards are one, unless [`Wanted::accelerators`] lets them through.
pub fn lock(uv: &Uv, wanted: &Wanted<'_>) -> Result<Lock, ResolveError> {
    locked(uv, wanted, None)
}

/// As [`lock`], with the versions of a lock that was made for another platform: what is watched
/// there for what runs here must be the same.
///
/// # Errors
/// As [`lock`].
pub fn lock_alike(uv: &Uv, wanted: &Wanted<'_>, alike: &Lock) -> Result<Lock, ResolveError> {
    let unwritable =
        |source| ResolveError::File { operation: "write", path: std::env::temp_dir(), source };
    let folder = tempfile::tempdir().map_err(unwritable)?;
    let path = folder.path().join("versions.txt");
    let versions = alike.packages.iter().map(|one| format!("{}=={}\n", one.name, one.version));
    std::fs::write(&path, versions.collect::<String>()).map_err(unwritable)?;
    locked(uv, wanted, Some(&path))
}

fn locked(uv: &Uv, wanted: &Wanted<'_>, versions: Option<&Path>) -> Result<Lock, ResolveError> {
    let requirements = place::read(wanted.requirements)?;
    let mut command = compile(uv, wanted);
    if let Some(versions) = versions {
        command.arg("--constraints").arg(versions);
    }
    command.args(["--generate-hashes", "--no-annotate", "--no-header"]).arg(wanted.requirements);
    let out = run(uv, &mut command)?;
    if !out.status.success() {
        return Err(diagnosis::resolving(uv, wanted, &requirements, &out.stderr));
    }
    let mut lock = Lock::parse(&String::from_utf8_lossy(&out.stdout));
    lock.accelerated = accelerator::look(uv, wanted, &lock)?;
    if wanted.accelerators == Accelerators::Refuse && !lock.accelerated.is_empty() {
        return Err(accelerator::refused(&lock, wanted, &requirements));
    }
    Ok(lock)
}

/// Puts the packages of a lock into `folder`, each file checked against the lock's hashes. The
/// same lock gives the same files; none is shared with the cache.
///
/// # Errors
/// When a file has another hash than the lock says, cannot be fetched or not be written.
pub fn install(
    uv: &Uv,
    wanted: &Wanted<'_>,
    lock: &Lock,
    folder: &Path,
) -> Result<(), ResolveError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        |source| ResolveError::File { operation: "write", path, source }
    };
    let beside = tempfile::tempdir().map_err(unwritable(folder))?;
    let path = beside.path().join("lock.txt");
    std::fs::write(&path, lock.text()).map_err(unwritable(&path))?;
    let mut command = begin(uv, wanted, &wanted.python.version(), &["pip", "install"]);
    command.arg("--target").arg(folder);
    // What installs must not share files with its cache: they are read-only there for good reason.
    command.args(["--require-hashes", "--no-compile-bytecode", "--link-mode", "copy", "--no-deps"]);
    command.arg("--requirements").arg(&path);
    let out = run(uv, &mut command)?;
    if out.status.success() {
        return Ok(());
    }
    Err(diagnosis::installing(wanted, &out.stderr))
}

/// `uv pip compile` for the target, without what is resolved.
fn compile(uv: &Uv, wanted: &Wanted<'_>) -> Command {
    compile_for(uv, wanted, &wanted.python.version())
}

/// The same for another Python of the target.
fn compile_for(uv: &Uv, wanted: &Wanted<'_>, python: &str) -> Command {
    begin(uv, wanted, python, &["pip", "compile"])
}

fn begin(uv: &Uv, wanted: &Wanted<'_>, python: &str, what: &[&str]) -> Command {
    let mut command = uv.command();
    command.args(what).args(["--only-binary", ":all:"]);
    command.arg("--python-platform").arg(wanted.platform.to_string());
    command.arg("--python-version").arg(python);
    command.arg("--python").arg(wanted.python.program());
    command.env("UV_PYTHON_DOWNLOADS", "never");
    command
}

fn run(uv: &Uv, command: &mut Command) -> Result<Output, ResolveError> {
    Ok(uv.run(command)?)
}
