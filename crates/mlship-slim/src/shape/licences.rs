//! The licences of what is kept, in one file: most of them ask to go along.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{LICENCES, put};
use crate::error::SlimError;
use crate::keep::Keep;
use crate::tree::Tree;

/// What names of licences hold.
const WORDS: &[&str] = &["license", "licence", "copying", "notice", "copyright"];

/// Writes the licences of every distribution of which a file is kept, each text once.
pub(super) fn write(tree: &Tree, keep: &Keep, out: &Path) -> Result<(), SlimError> {
    let kept: BTreeSet<_> = keep.files.keys().map(|file| tree.distribution(file)).collect();
    let mut texts = Vec::new();
    let mut first: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
    for file in tree.files.keys() {
        if !is_licence(file) || !kept.contains(tree.distribution(file)) {
            continue;
        }
        texts.extend_from_slice(format!("=== {file}\n").as_bytes());
        let text = tree.bytes(file)?;
        if let Some(same) = first.get(&text) {
            texts.extend_from_slice(format!("as {same}\n").as_bytes());
        } else {
            texts.extend_from_slice(&text);
            first.insert(text, file);
        }
        texts.push(b'\n');
    }
    if texts.is_empty() { Ok(()) } else { put(out, LICENCES, &texts) }
}

/// Whether a file is a licence by its name; code is none.
fn is_licence(file: &str) -> bool {
    let (folders, name) = file.rsplit_once('/').unwrap_or(("", file));
    let name = name.to_ascii_lowercase();
    let is_code = [".py", ".pyi", ".so", ".json"].iter().any(|end| name.ends_with(end));
    let in_metadata = folders.contains(".dist-info");
    !is_code
        && (WORDS.iter().any(|word| name.contains(word))
            || in_metadata && folders.split('/').any(|folder| folder == "licenses"))
}
