//! The Python that converts: one that is named, or one that is made for the recipe, locked by digest
//! and kept.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::ExportError;
use crate::recipe::{Builds, Recipe};
use crate::uv::Uv;

/// The lock, beside the environment that was made of it.
const LOCK: &str = "lock.txt";

/// Written last: an environment without it is half made.
const WHOLE: &str = "whole";

/// The Python that converts, with its packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The interpreter; absolute.
    pub(crate) python: PathBuf,
}

impl Environment {
    /// An interpreter that has what is needed.
    pub fn given(python: PathBuf) -> Self {
        Self { python }
    }

    /// The environment for a recipe, in `folder`: kept from before, or made by the program `uv`,
    /// which asks its package index. Versions are locked with their digests when it is first made.
    ///
    /// # Errors
    /// When uv is not there, or the packages cannot be had.
    pub fn made(
        recipe: &Recipe,
        uv: &Path,
        folder: &Path,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Self, ExportError> {
        let wanted = recipe.requirements.join("\n");
        let builds = builds(recipe.builds).join(" ");
        let digest = Sha256::digest(format!("{}\n{wanted}\n{builds}", recipe.python));
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let home = folder.join(name);
        let python = home.join("venv/bin/python");
        if home.join(WHOLE).exists() {
            return Ok(Self { python });
        }
        tell(&format!("installing {}", recipe.requirements.join(", ")));
        // Another run may make the same: each makes its own, and the first to end is kept.
        let made = folder.join(format!(".{}-{}", std::process::id(), digest[0]));
        let result = make(recipe, &Uv { program: uv, work: &made }, &wanted);
        let kept = result.and_then(|()| keep(&made, &home));
        let _ = fs::remove_dir_all(&made);
        kept.map(|()| Self { python })
    }
}

fn make(recipe: &Recipe, uv: &Uv<'_>, wanted: &str) -> Result<(), ExportError> {
    fs::create_dir_all(uv.work).map_err(ExportError::file("make", uv.work))?;
    let list = uv.work.join("wanted.txt");
    fs::write(&list, wanted).map_err(ExportError::file("write", &list))?;
    uv.run(&["venv", "--quiet", "--relocatable", "--python", recipe.python, "venv"])?;
    let python = ["--python", "venv/bin/python"];
    let lock = ["pip", "compile", "--quiet", "wanted.txt", "--output-file", LOCK];
    let by_digest = ["--generate-hashes", "--only-binary", ":all:"];
    let builds = builds(recipe.builds);
    uv.run(&[lock.as_slice(), &by_digest, &python, builds].concat())?;
    let install = ["pip", "sync", "--quiet", "--require-hashes", LOCK];
    uv.run(&[install.as_slice(), &python, builds].concat())
}

/// What tells uv which builds are meant.
fn builds(builds: Builds) -> &'static [&'static str] {
    match builds {
        Builds::Any => &[],
        Builds::Processor => &["--torch-backend", "cpu"],
    }
}

fn keep(made: &Path, home: &Path) -> Result<(), ExportError> {
    let mark = made.join(WHOLE);
    fs::write(&mark, []).map_err(ExportError::file("write", &mark))?;
    match fs::rename(made, home) {
        Ok(()) => Ok(()),
        Err(_) if home.join(WHOLE).exists() => Ok(()),
        Err(error) => Err(ExportError::file("make", home)(error)),
    }
}
