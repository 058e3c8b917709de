//! What sources import in places that no sample may have reached.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Dropped, never};
use crate::error::SlimError;
use crate::modules::{Modules, is_package};
use crate::python::Python;
use crate::tree::Tree;

/// Our own program that reads sources; it runs nothing of them.
const SCRIPT: &str = include_str!("imports.py");

/// The modules that `sources` import anywhere, and the packages around those.
///
/// # Errors
/// When the interpreter cannot be started.
pub(super) fn named(
    tree: &Tree,
    modules: &Modules,
    python: &Python,
    sources: &[&String],
) -> Result<Vec<String>, SlimError> {
    let with_names = sources.iter().filter_map(|file| Some((file, modules.names.get(*file)?)));
    let asked: Vec<(PathBuf, &str, bool)> = with_names
        .map(|(file, module)| (tree.path(file), module.as_str(), is_package(file)))
        .collect();
    let told = python.ask(SCRIPT, &asked)?;
    serde_json::from_slice(&told).map_err(SlimError::json(python.program()))
}

/// Modules that lie among tests, and that sources import which are none, or that such import.
///
/// # Errors
/// When a source cannot be read, or the interpreter cannot be started.
pub(crate) fn tests(
    tree: &Tree,
    modules: &Modules,
    python: &Python,
) -> Result<BTreeSet<String>, SlimError> {
    let mut next = Vec::new();
    for file in modules.names.keys().filter(|file| file.ends_with(".py")) {
        if never::kind(file).is_none() && never::speaks_of_tests(&tree.bytes(file)?) {
            next.push(file);
        }
    }
    let mut found = BTreeSet::new();
    while !next.is_empty() {
        let names = named(tree, modules, python, &next)?;
        let files = names.iter().filter_map(|name| modules.files.get(name));
        let tests = files.filter(|file| never::kind(file) == Some(Dropped::Test));
        next = tests.filter(|file| found.insert((*file).clone())).collect();
        next.retain(|file| file.ends_with(".py"));
    }
    Ok(found)
}
