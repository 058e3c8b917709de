//! What sources import in places that no sample may have reached.

use std::path::PathBuf;

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
