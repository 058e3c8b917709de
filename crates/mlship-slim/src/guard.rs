//! What is shipped so that a module that is missing says so by name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::SlimError;
use crate::keep::{Facts, Keep, pruned};

/// Our own module: it is asked where a module is before the files are.
pub(crate) const SOURCE: &str = include_str!("guard/_mlship_guard.py");

/// Its file, before it is compiled.
pub(crate) const SOURCE_NAME: &str = "_mlship_guard.py";

/// What it knows.
const INDEX: &str = "_mlship_guard.json";

/// The archive of pruned modules in pure Python.
pub(crate) const REST: &str = "_mlship_rest.zip";

/// A module that is a file.
const MODULE: u8 = 0;

/// A package with an `__init__`.
const PACKAGE: u8 = 1;

/// A folder without one that pruned modules are in.
const FOLDER: u8 = 2;

/// What the guard reads.
#[derive(Serialize)]
struct Index<'a> {
    distributions: Vec<&'a str>,
    /// Each pruned module: its distribution, what it is, and whether it is in the archive.
    modules: BTreeMap<&'a str, (usize, u8, u8)>,
}

/// Writes what the guard knows.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(
    facts: &Facts<'_>,
    keep: &Keep,
    served: &BTreeSet<String>,
    out: &Path,
) -> Result<(), SlimError> {
    let known: Vec<_> = pruned(facts, keep)
        .map(|(module, file, is_package)| (module, facts.tree.distribution(file), is_package))
        .collect();
    let distributions: BTreeSet<_> = known.iter().map(|(_, owner, _)| *owner).collect();
    let distributions: Vec<_> = distributions.into_iter().collect();
    let mut modules = BTreeMap::new();
    for (module, owner, is_package) in known {
        let Ok(number) = distributions.binary_search(&owner) else { continue };
        let kind = if is_package { PACKAGE } else { MODULE };
        modules.insert(module, (number, kind, u8::from(served.contains(module))));
        for (end, _) in module.match_indices('.') {
            let around = &module[..end];
            if !facts.modules.files.contains_key(around) {
                modules.insert(around, (number, FOLDER, 0));
            }
        }
    }
    let index = Index { modules, distributions };
    let path = out.join(INDEX);
    let index = serde_json::to_vec(&index).map_err(SlimError::json(&path))?;
    fs::write(&path, index).map_err(SlimError::file("write", &path))
}
