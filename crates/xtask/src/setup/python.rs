//! The Python environments of the tests, each with its own list of pinned packages.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Done, stamp};
use crate::process::{run, succeeds};

/// Interpreters to look for, the likeliest to fit first.
const INTERPRETERS: &[&str] = &["python3.12", "python3.11", "python3.13", "python3"];

/// An environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Environment {
    /// Its folder below the tools.
    folder: &'static str,
    /// Its packages, from the top of the checkout.
    pins: &'static str,
    /// The name of its stamp.
    stamp: &'static str,
    /// What it is made of.
    base: Base,
}

/// What an environment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Some Python that the pins run on; the packages bring what they depend on.
    Any,
    /// Debian's own Python with Debian's packages; the pins are all that is put on top.
    Debian,
}

/// Debian's own Python.
const DEBIAN: &str = "/usr/bin/python3";

/// What trains and converts models, and what stands in for clouds.
pub(crate) const MODELS: Environment = Environment {
    folder: "venv",
    pins: "crates/xtask/requirements.txt",
    stamp: "python",
    base: Base::Any,
};

/// What calls the runtime as its users do, and what it is measured against. Their packages and
/// those of [`MODELS`] want different versions of others.
pub(crate) const CLIENTS: Environment = Environment {
    folder: "clients",
    pins: "crates/xtask/clients.txt",
    stamp: "clients",
    base: Base::Any,
};

/// What converts the networks of torch. PyPI's torch for x86_64 brings 3 GB of libraries for
/// graphics cards, so that torch is Debian's, and so are numpy and Pillow.
pub(crate) const TORCH: Environment = Environment {
    folder: "torch",
    pins: "crates/xtask/torch.txt",
    stamp: "torch",
    base: Base::Debian,
};

/// Makes the environment, or brings it to the pinned packages.
pub(crate) fn install(environment: Environment, root: &Path, tools: &Path) -> Result<Done> {
    let Environment { folder, pins, stamp, base } = environment;
    let requirements = root.join(pins);
    let pins = fs::read_to_string(&requirements)
        .with_context(|| format!("could not read `{}`", requirements.display()))?;
    let python = interpreter(environment, tools);
    if stamp::holds(tools, stamp, &pins, &python) {
        return Ok(Done::AlreadyThere);
    }
    if !succeeds(Command::new(&python).arg("--version")) {
        let (program, more): (_, &[&str]) = match base {
            Base::Any => (any()?, &[]),
            Base::Debian => (DEBIAN, &["--system-site-packages"]),
        };
        let mut venv = Command::new(program);
        run(venv.args(["-m", "venv", "--clear"]).args(more).arg(tools.join(folder)))?;
    }
    let mut arguments = vec![OsStr::new("--requirement"), requirements.as_os_str()];
    if base == Base::Debian {
        arguments.push(OsStr::new("--no-deps"));
    }
    pip(environment, tools, "install", arguments)?;
    stamp::put(tools, stamp, &pins)?;
    Ok(Done::Installed)
}

/// Takes the file of one pinned package, without what it depends on, into `to`.
pub(crate) fn download(tools: &Path, package: &str, to: &Path) -> Result<()> {
    let arguments = ["--no-deps", "--only-binary=:all:", package, "--dest"].map(OsStr::new);
    pip(MODELS, tools, "download", [arguments.as_slice(), &[to.as_os_str()]].concat())
}

/// The interpreter of an environment.
pub(crate) fn interpreter(environment: Environment, tools: &Path) -> PathBuf {
    tools.join(environment.folder).join("bin/python")
}

fn pip<'a>(
    environment: Environment,
    tools: &Path,
    verb: &str,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<()> {
    let mut command = Command::new(interpreter(environment, tools));
    command.args(["-m", "pip", verb, "--quiet", "--disable-pip-version-check", "--no-input"]);
    run(command.args(arguments))
}

/// An interpreter that the pinned packages run on: Python 3.11 or later.
fn any() -> Result<&'static str> {
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
