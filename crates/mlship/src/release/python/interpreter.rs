//! The Python of this machine that a handler runs in, or that its packages are tried with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use mlship_core::project::Python;
use mlship_slim::resolve::Uv;

use crate::context::Context;
use crate::failure::Failure;

/// The one that `MLSHIP_PYTHON` names, else the first on `PATH`; its whole path. A service is
/// started without this process's environment.
pub(super) fn interpreter(context: &Context, python: &Python) -> Result<PathBuf, Failure> {
    if let Some(named) = named()? {
        return Ok(named);
    }
    // A name on PATH may be a shim with nothing behind it.
    let mut there = on_path(python)
        .filter_map(|place| Some((mlship_slim::Python::at(&place).ok()?.version(), place)));
    let first = there.next().map(|(version, place)| {
        if python.version.as_ref().is_some_and(|wanted| wanted.value != version) {
            let (wanted, place) = (python.version(), place.display());
            context.say(&format!(
                "warning: the handler is for Python {wanted}, and is tried with `{place}`, which \
                 is {version}"
            ));
        }
        place
    });
    first.ok_or_else(|| {
        Failure::usage(format!("there is no `{}` on PATH", names(python).join("` and no `")))
            .hint("name the Python that has the handler's packages: MLSHIP_PYTHON=PATH")
    })
}

/// One of the version that the handler is for: the one that `MLSHIP_PYTHON` names, else the first on
/// `PATH` that is, else one that `uv` knows of.
pub(super) fn of_version(python: &Python, uv: &Uv) -> Result<mlship_slim::Python, Failure> {
    let wanted = python.version();
    if let Some(named) = named()? {
        let here = mlship_slim::Python::at(&named)?;
        let version = here.version();
        return if version == wanted { Ok(here) } else { Err(other(wanted, &named, &version)) };
    }
    let known = std::iter::once_with(|| known_to(uv, wanted)).flatten();
    // A name on PATH may be a shim with nothing behind it.
    let mut there = on_path(python).chain(of_pyenv(wanted)).chain(known).filter_map(|place| {
        mlship_slim::Python::at(&place).ok().filter(|here| here.version() == wanted)
    });
    there.next().ok_or_else(|| {
        Failure::usage(format!(
            "the packages are for Python {wanted}, and this machine has none to try them with"
        ))
        .hint(format!("install Python {wanted} (`uv python install {wanted}`)"))
        .hint("or name one: MLSHIP_PYTHON=PATH; or write another `version` under `python`")
    })
}

fn other(wanted: &str, named: &Path, version: &str) -> Failure {
    let named = named.display();
    Failure::usage(format!("the packages are for Python {wanted}, and `{named}` is {version}"))
        .hint(format!("name a Python {wanted}: MLSHIP_PYTHON=PATH"))
        .hint(format!("or write `version: \"{version}\"` under `python`"))
}

/// The one that the environment names.
fn named() -> Result<Option<PathBuf>, Failure> {
    let Some(named) = std::env::var_os("MLSHIP_PYTHON").map(PathBuf::from) else {
        return Ok(None);
    };
    match std::path::absolute(&named) {
        Ok(path) if path.is_file() => Ok(Some(path)),
        _ => Err(Failure::usage(format!("there is no `{}`", named.display()))
            .hint("`MLSHIP_PYTHON` names it")),
    }
}

fn names(python: &Python) -> Vec<String> {
    let versioned = python.version.iter().map(|version| format!("python{}", version.value));
    versioned.chain(["python3".to_owned()]).collect()
}

/// Those on `PATH`, by the version's own name first.
fn on_path(python: &Python) -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = names(python)
        .into_iter()
        .flat_map(move |name| folders.clone().into_iter().map(move |folder| folder.join(&name)));
    places.filter(|place| place.is_absolute() && place.is_file())
}

/// Those that pyenv has, behind its shims
/// (<https://github.com/pyenv/pyenv#environment-variables>).
fn of_pyenv(version: &str) -> Vec<PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv"));
    let root = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(home);
    let versions = root.and_then(|root| std::fs::read_dir(root.join("versions")).ok());
    let is_one = |name: &str| name.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'));
    let found = versions.into_iter().flatten().flatten();
    let found = found.filter(|entry| entry.file_name().to_str().is_some_and(is_one));
    found.map(|entry| entry.path().join("bin").join(format!("python{version}"))).collect()
}

/// One that `uv` knows of, without fetching any.
fn known_to(uv: &Uv, version: &str) -> Option<PathBuf> {
    let mut command = uv.command();
    command.args(["python", "find", "--system", version]).env("UV_PYTHON_DOWNLOADS", "never");
    let found = uv.run(&mut command).ok()?;
    let line = found.status.success().then(|| found.stdout.trim_ascii().to_vec())?;
    let path = PathBuf::from(os(&line)?);
    path.is_absolute().then_some(path)
}

fn os(line: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(line).ok().map(OsStr::new)
}
