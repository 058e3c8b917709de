//! The libraries that libraries need.

use std::collections::{BTreeMap, BTreeSet};

use crate::elf::Dynamic;
use crate::error::SlimError;
use crate::modules::is_library;
use crate::tree::Tree;

/// What `from` needs of the tree, and what that needs: each with who needs it first.
///
/// # Errors
/// When a library cannot be read.
pub(super) fn needed(tree: &Tree, from: Vec<String>) -> Result<Vec<(String, String)>, SlimError> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in tree.files.keys().filter(|file| is_library(file)) {
        by_name.entry(file.rsplit('/').next().unwrap_or(file)).or_default().push(file);
    }
    let mut seen: BTreeSet<String> = from.iter().cloned().collect();
    let mut next = from;
    let mut found = Vec::new();
    while let Some(library) = next.pop() {
        let Some(dynamic) = Dynamic::read(&tree.bytes(&library)?) else { continue };
        for name in &dynamic.needed {
            for file in by_name.get(name.as_str()).into_iter().flatten() {
                if seen.insert((*file).to_owned()) {
                    next.push((*file).to_owned());
                    found.push(((*file).to_owned(), library.clone()));
                }
            }
        }
    }
    Ok(found)
}
