//! Shared libraries, compacted where they still load.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Exceptions, Shaper, is_of, put};
use crate::elf::{Symbols, Unwinding, compact_with};
use crate::error::SlimError;
use crate::keep::Keep;
use crate::modules::is_library;
use crate::tree::make_parent;

/// Our own program that loads libraries.
const SCRIPT: &str = include_str!("load.py");

/// How names of libraries begin that are plain arithmetic: they call nobody back who could throw an
/// error through them, so the tables for that, a tenth of them, are never read.
const ARITHMETIC: [&str; 2] = ["libscipy_openblas", "libopenblas"];

/// What code asks for that throws, catches or looks at who called it.
const THROWS: [&str; 4] = ["_Unwind_", "__gxx_personality", "__gcc_personality", "backtrace"];

/// Writes a library.
pub(super) fn write(
    shaper: &Shaper<'_>,
    file: &str,
    exceptions: &Exceptions,
    out: &Path,
) -> Result<(), SlimError> {
    if is_of(file, &exceptions.libraries) || shaper.loadable.get(file) == Some(&false) {
        return shaper.copy(file, out);
    }
    let cached = shaper.cache.join("libraries").join(file);
    if let Ok(bytes) = fs::read(&cached) {
        return put(out, file, &bytes);
    }
    let bytes = shaper.facts.tree.bytes(file)?;
    let bytes = compact_with(&bytes, unwinding(file, &bytes)).unwrap_or(bytes);
    make_parent(&cached)?;
    fs::write(&cached, &bytes).map_err(SlimError::file("write", &cached))?;
    put(out, file, &bytes)
}

/// Whether errors may be thrown through a library.
fn unwinding(file: &str, library: &[u8]) -> Unwinding {
    let name = file.rsplit('/').next().unwrap_or(file);
    let is_plain = || {
        let symbols = Symbols::read(library)?;
        let mut imports = symbols.imports.iter();
        let throws = |name: &str| THROWS.iter().any(|start| name.starts_with(start));
        Some(!imports.any(|import| throws(&import.name)))
    };
    if ARITHMETIC.iter().any(|start| name.starts_with(start)) && is_plain() == Some(true) {
        Unwinding::Dropped
    } else {
        Unwinding::Kept
    }
}

/// Loads each compacted library once, and ships those that do not load as they were.
pub(super) fn check(shaper: &mut Shaper<'_>, keep: &Keep, out: &Path) -> Result<(), SlimError> {
    let out = out.canonicalize().map_err(SlimError::file("read", out))?;
    let whole = keep.files.keys().filter(|file| !keep.stubs.contains_key(*file));
    let unknown = whole.filter(|file| is_library(file));
    let unknown: Vec<_> =
        unknown.filter(|file| !shaper.loadable.contains_key(*file)).cloned().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let paths: Vec<PathBuf> = unknown.iter().map(|file| out.join(file)).collect();
    let told = shaper.facts.python.ask(SCRIPT, &paths)?;
    let broken: BTreeSet<PathBuf> =
        serde_json::from_slice(&told).map_err(SlimError::json(shaper.facts.python.program()))?;
    for (file, path) in unknown.into_iter().zip(paths) {
        let loads = !broken.contains(&path);
        if !loads {
            shaper.copy(&file, &out)?;
        }
        shaper.loadable.insert(file, loads);
    }
    Ok(())
}
