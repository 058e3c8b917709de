//! The Python environment of the tests, with the packages of `requirements.txt`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Done, stamp};
use crate::process::{run, succeeds};

/// Interpreters to look for, the likeliest to fit first.
const INTERPRETERS: &[&str] = &["python3.12", "python3.11", "python3.13", "python3"];

/// The interpreter of the environment.
pub(crate) fn interpreter(tools: &Path) -> PathBuf {
    tools.join("venv/bin/python")
}

/// Makes the environment, or brings it to the pinned packages.
pub(crate) fn install(root: &Path, tools: &Path) -> Result<Done> {
    let requirements = root.join("crates/xtask/requirements.txt");
    let pins = fs::read_to_string(&requirements)
        .with_context(|| format!("could not read `{}`", requirements.display()))?;
    let python = interpreter(tools);
    if stamp::holds(tools, "python", &pins, &python) {
        return Ok(Done::AlreadyThere);
    }
    if !succeeds(Command::new(&python).arg("--version")) {
        let base = base()?;
        run(Command::new(base).args(["-m", "venv", "--clear"]).arg(tools.join("venv")))?;
    }
    pip(tools, "install", [OsStr::new("--requirement"), requirements.as_os_str()])?;
    stamp::put(tools, "python", &pins)?;
    Ok(Done::Installed)
}

/// Takes the file of one pinned package, without what it depends on, into `to`.
pub(crate) fn download(tools: &Path, package: &str, to: &Path) -> Result<()> {
    let arguments = ["--no-deps", "--only-binary=:all:", package, "--dest"].map(OsStr::new);
    pip(tools, "download", [arguments.as_slice(), &[to.as_os_str()]].concat())
}

fn pip<'a>(tools: &Path, verb: &str, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let mut command = Command::new(interpreter(tools));
    command.args(["-m", "pip", verb, "--quiet", "--disable-pip-version-check", "--no-input"]);
    run(command.args(arguments))
}

/// An interpreter that the pinned packages run on: Python 3.11 or later.
fn base() -> Result<&'static str> {
    let fits = |name: &&str| {
        let check = "import sys, venv; sys.exit(sys.version_info < (3, 11))";
        succeeds(Command::new(name).args(["-c", check]))
    };
    match INTERPRETERS.iter().copied().find(fits) {
        Some(name) => Ok(name),
        None => bail!(
            "no Python 3.11 or later is here; on Debian: apt-get install python3 python3-venv"
        ),
    }
}
