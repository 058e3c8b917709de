//! What was watched on this machine, carried over to the same versions for another: by paths, by
//! the names of modules, and of other libraries by their names without what a build adds to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::elf::Dynamic;
use crate::error::SlimError;
use crate::keep::{Facts, tests};
use crate::modules::{Modules, is_library};
use crate::python::Python;
use crate::shape::Shaper;
use crate::trace::Touched;
use crate::tree::Tree;

/// So many hexadecimal digits behind a dash are what a build added to a library's name.
const LEAST_ADDED: usize = 8;

/// Two folders of the same versions: for this machine, and for another.
#[derive(Debug)]
pub(crate) struct Across<'a> {
    here: (&'a Tree, &'a Modules),
    there: (&'a Tree, Modules),
    python: &'a Python,
    /// The other's libraries by their names without what a build added.
    libraries: BTreeMap<String, Vec<&'a str>>,
    /// The other's files among tests that are none.
    imported_tests: BTreeSet<String>,
}

impl<'a> Across<'a> {
    /// From the packages of this machine to those of another.
    ///
    /// # Errors
    /// When a package is in both in different versions; when a source cannot be read.
    pub(crate) fn new(
        here: (&'a Tree, &'a Modules),
        there: &'a Tree,
        python: &'a Python,
    ) -> Result<Self, SlimError> {
        let versions = there.versions();
        for (package, here) in here.0.versions() {
            if let Some(there) = versions.get(package).filter(|there| **there != here) {
                return Err(SlimError::OtherVersion {
                    package: package.to_owned(),
                    here: here.to_owned(),
                    there: (*there).to_owned(),
                });
            }
        }
        let mut libraries: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for file in there.files.keys().filter(|file| is_library(file)) {
            libraries.entry(plain(file)).or_default().push(file);
        }
        let modules = Modules::of(there, python.tag());
        let imported_tests = tests(there, &modules, python)?;
        Ok(Self { here, there: (there, modules), python, libraries, imported_tests })
    }

    /// The other's files that are what was touched here, and what has no counterpart there.
    ///
    /// # Errors
    /// When a library cannot be read.
    pub(crate) fn touched(&self, here: &Touched) -> Result<(Touched, Vec<String>), SlimError> {
        let mut lost = BTreeSet::new();
        let mut carried = |files: &BTreeSet<String>| {
            let (found, without): (Vec<_>, Vec<_>) = files
                .iter()
                .map(|file| (self.counterpart(file), file))
                .partition(|(to, _)| to.is_some());
            lost.extend(without.into_iter().map(|(_, file)| file.clone()));
            found.into_iter().filter_map(|(to, _)| to.map(str::to_owned)).collect()
        };
        let there = Touched {
            imported: carried(&here.imported),
            opened: carried(&here.opened),
            mapped: carried(&here.mapped),
            sources: carried(&here.sources),
            checked: carried(&here.checked),
            listed: here.listed.clone(),
        };
        // What a library needs may have another name there, or not be needed at all.
        let needed = self.needed(here.mapped.iter().chain(&here.opened))?;
        lost.retain(|file| !needed.contains(file.rsplit('/').next().unwrap_or(file)));
        Ok((there, lost.into_iter().collect()))
    }

    /// What the rules look at for the other machine.
    pub(crate) fn facts<'b>(&'b self, touched: &'b Touched) -> Facts<'b> {
        let Self { there: (tree, modules), python, imported_tests, .. } = self;
        Facts { tree, modules, touched, python, imported_tests }
    }

    /// Writes files for the other machine; libraries that did not bear to be compacted here are
    /// not compacted there.
    pub(crate) fn shaper<'b>(
        &self,
        facts: &'b Facts<'b>,
        here: &Shaper<'_>,
        cache: PathBuf,
    ) -> Shaper<'b> {
        let refused = here.loadable.iter().filter(|(_, loads)| !**loads);
        let refused = refused.filter_map(|(file, _)| self.counterpart(file));
        let loadable = refused.map(|file| (file.to_owned(), false)).collect();
        Shaper { loadable, foreign: true, ..Shaper::new(facts, cache) }
    }

    /// The other's file that is this one.
    pub(crate) fn counterpart(&self, file: &str) -> Option<&str> {
        let (there, modules) = (self.there.0, &self.there.1);
        if let Some((same, _)) = there.files.get_key_value(file) {
            return Some(same);
        }
        let module = self.here.1.names.get(file);
        if let Some(same) = module.and_then(|module| modules.files.get(module)) {
            return Some(same);
        }
        let alike = self.libraries.get(&plain(file)).filter(|_| is_library(file))?;
        match alike.as_slice() {
            [same] => Some(same),
            _ => None,
        }
    }

    /// The names of what libraries of this machine need.
    fn needed<'f>(
        &self,
        files: impl Iterator<Item = &'f String>,
    ) -> Result<BTreeSet<String>, SlimError> {
        let mut needed = BTreeSet::new();
        for file in files.filter(|file| is_library(file)) {
            let dynamic = Dynamic::read(&self.here.0.bytes(file)?);
            needed.extend(dynamic.into_iter().flat_map(|dynamic| dynamic.needed));
        }
        Ok(needed)
    }
}

/// A library's path without what a build added to its name: `a.libs/libb.so.5` of
/// `a.libs/libb-040039e1-0352e75f.so.5`.
fn plain(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    let (stem, end) = name.split_at(name.find('.').unwrap_or(name.len()));
    let is_added = |part: &&str| {
        part.len() >= LEAST_ADDED && part.chars().all(|letter| letter.is_ascii_hexdigit())
    };
    let parts: Vec<_> = stem.split('-').filter(|part| !is_added(part)).collect();
    format!("{folder}/{}{end}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_adds_to_a_name_is_left_out() {
        for (file, wanted) in [
            ("a.libs/libb-040039e1-0352e75f.so.5.0.0", "a.libs/libb.so.5.0.0"),
            ("a.libs/libscipy_openblas64_-ff651d7f.so", "a.libs/libscipy_openblas64_.so"),
            ("a/lib/libxgboost.so", "a/lib/libxgboost.so"),
            ("libgcc-10.so", "/libgcc-10.so"),
        ] {
            assert_eq!(plain(file), wanted);
        }
    }
}
