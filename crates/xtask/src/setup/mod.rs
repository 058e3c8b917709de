//! Installs what the tests use, each thing pinned and from a package registry. A thing that is
//! there is left alone, so that a second run takes no time and needs no network.

mod apt;
mod binaries;
mod python;
mod stamp;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

/// Installs whatever is missing.
pub(crate) fn setup(root: &Path, tools: &Path) -> Result<()> {
    fs::create_dir_all(tools.join("bin"))
        .with_context(|| format!("could not make `{}`", tools.display()))?;
    step("system packages", apt::install)?;
    step("Python packages", || python::install(python::MODELS, root, tools))?;
    step("Python clients", || python::install(python::CLIENTS, root, tools))?;
    step("Python packages of torch", || python::install(python::TORCH, root, tools))?;
    step("Lambda emulator", || binaries::lambda_emulator(tools))?;
    step("check of licences", || binaries::cargo_deny(tools))?;
    step("Azure storage stand-in", || binaries::azurite(tools))
}

/// Whether a step had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// All was there.
    AlreadyThere,
    /// Something was installed.
    Installed,
}

fn step(name: &str, install: impl FnOnce() -> Result<Done>) -> Result<()> {
    let started = Instant::now();
    let done = install().with_context(|| {
        format!("setup could not install the {name}; the first time it needs a package registry")
    })?;
    if done == Done::Installed {
        eprintln!("setup: installed {name} in {:.1} s", started.elapsed().as_secs_f32());
    }
    Ok(())
}
