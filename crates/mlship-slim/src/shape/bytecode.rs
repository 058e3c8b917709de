//! Sources to bytecode, made by the target's version of Python.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Exceptions, Shaper, is_of, put};
use crate::error::SlimError;
use crate::guard;
use crate::keep::Keep;

/// Our own program that compiles.
const SCRIPT: &str = include_str!("compile.py");

/// A module that is known to read docstrings of others while it is imported, and where those are.
/// The proof finds such modules; this saves it the time.
struct Reader {
    module: &'static str,
    reads: &'static [&'static str],
}

const READERS: &[Reader] = &[Reader {
    module: "numpy/ma/core.py",
    reads: &[
        "numpy/lib/",
        "numpy/ma/",
        "numpy/_core/fromnumeric.py",
        "numpy/_core/numeric.py",
        "numpy/core/fromnumeric.py",
        "numpy/core/numeric.py",
    ],
}];

/// The places whose docstrings a kept module is known to read.
pub(super) fn known_to_be_read(keep: &Keep) -> Vec<&'static str> {
    let kept = READERS.iter().filter(|reader| keep.files.contains_key(reader.module));
    kept.flat_map(|reader| reader.reads).copied().collect()
}

/// A source, its name in error messages, where the bytecode goes, whether it keeps docstrings.
type Job = (PathBuf, String, PathBuf, bool);

/// Writes the bytecode of kept sources. Gives those that are to be shipped as sources too: because
/// somebody read them, or because they do not compile.
pub(super) fn write(
    shaper: &Shaper<'_>,
    keep: &Keep,
    exceptions: &Exceptions,
    out: &Path,
) -> Result<BTreeSet<String>, SlimError> {
    let python: Vec<_> = keep.files.keys().filter(|file| file.ends_with(".py")).collect();
    make(shaper, &python, exceptions)?;
    let mut sources = keep.sources.clone();
    for file in python {
        let Ok(code) = fs::read(cached(shaper, file, exceptions)) else {
            sources.insert(file.clone());
            continue;
        };
        let target = if sources.contains(file) { beside(shaper, file) } else { format!("{file}c") };
        put(out, &target, &code)?;
    }
    Ok(sources)
}

/// Compiles what was not compiled yet. What does not compile is then not in the cache.
pub(super) fn make(
    shaper: &Shaper<'_>,
    files: &[&String],
    exceptions: &Exceptions,
) -> Result<(), SlimError> {
    let tree = shaper.facts.tree;
    let jobs: Vec<Job> = files
        .iter()
        .map(|file| {
            let target = cached(shaper, file, exceptions);
            (tree.path(file), (*file).clone(), target, keeps_docstrings(file, exceptions))
        })
        .filter(|(_, _, target, _)| !target.exists())
        .collect();
    run(shaper, &jobs)
}

fn run(shaper: &Shaper<'_>, jobs: &[Job]) -> Result<(), SlimError> {
    if jobs.is_empty() {
        return Ok(());
    }
    shaper.facts.python.ask(SCRIPT, &jobs).map(drop)
}

/// Where the bytecode of a source is kept.
pub(super) fn cached(shaper: &Shaper<'_>, file: &str, exceptions: &Exceptions) -> PathBuf {
    let kind = if keeps_docstrings(file, exceptions) { "documented" } else { "bare" };
    shaper.cache.join(kind).join(format!("{file}c"))
}

fn keeps_docstrings(file: &str, exceptions: &Exceptions) -> bool {
    is_of(file, &exceptions.docstrings)
        || exceptions.known.iter().any(|place| file.starts_with(place))
}

/// The place of bytecode whose source is shipped: beside it, it would not be looked at.
fn beside(shaper: &Shaper<'_>, file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    let stem = name.strip_suffix(".py").unwrap_or(name);
    format!("{folder}{slash}__pycache__/{stem}.{}.pyc", shaper.facts.python.tag())
}

/// Writes our own module that knows what was pruned.
pub(super) fn write_guard(shaper: &Shaper<'_>, out: &Path) -> Result<(), SlimError> {
    let source = shaper.cache.join(guard::SOURCE_NAME);
    fs::create_dir_all(&shaper.cache).map_err(SlimError::file("create", &shaper.cache))?;
    fs::write(&source, guard::SOURCE).map_err(SlimError::file("write", &source))?;
    let target = out.join(format!("{}c", guard::SOURCE_NAME));
    run(shaper, &[(source, guard::SOURCE_NAME.to_owned(), target, true)])
}
