//! Which files are kept, and why; which are not, and why not. A function of what was installed,
//! what was touched and what was asked for; nothing is written.

mod imports;
mod libraries;
mod never;
mod reason;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use imports::tests;
pub use reason::{Dropped, Reason};

use crate::error::SlimError;
use crate::modules::{Modules, is_library, is_package};
use crate::python::Python;
use crate::stubs::{self, Allowed, Written};
use crate::trace::Touched;
use crate::tree::{Tree, top};

/// How much is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Tests, documents, headers and the like; every module stays.
    #[default]
    Safe,
    /// Modules too, but what was touched keeps its siblings.
    Balanced,
    /// All that was not touched.
    Traced,
}

/// Data files larger than this are not kept for being looked at alone.
const MOST_CHECKED_BYTES: u64 = 64 * 1024;

/// A folder whose names are listed is kept with its files when they are not more than this.
const MOST_LISTED_BYTES: u64 = 1_000_000;

/// Extension modules that a kept source only names are kept up to this.
const MOST_NAMED_BYTES: u64 = 1_000_000;

/// What is kept beyond the level's rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Also {
    /// Modules or paths that the user listed.
    pub(crate) asked: Vec<String>,
    /// Tops of packages whose every source is shipped beside its bytecode.
    pub(crate) sources: BTreeSet<String>,
    /// Tops of packages that keep siblings.
    pub(crate) siblings: BTreeSet<String>,
    /// Tops of packages that are kept whole.
    pub(crate) packages: BTreeSet<String>,
    /// Modules that were missed.
    pub(crate) modules: BTreeSet<String>,
    /// Where stubs may stand in for libraries.
    pub(crate) stubs: Option<Allowed>,
}

/// What is kept and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Kept files, and why.
    pub(crate) files: BTreeMap<String, Reason>,
    /// Kept modules that are shipped as source too.
    pub(crate) sources: BTreeSet<String>,
    /// Files that are left out, and why.
    pub(crate) dropped: BTreeMap<String, Dropped>,
    /// Stubs that stand in for kept libraries.
    pub(crate) stubs: BTreeMap<String, Written>,
}

/// What the rules look at.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) modules: &'a Modules,
    pub(crate) touched: &'a Touched,
    pub(crate) python: &'a Python,
    /// Files among tests that are none, because others import them: [`tests`].
    pub(crate) imported_tests: &'a BTreeSet<String>,
}

impl Facts<'_> {
    /// What kind of file it is that no program reads; `None` when it may be one that is read.
    fn never(&self, file: &str) -> Option<Dropped> {
        never::kind(file).filter(|_| !self.imported_tests.contains(file))
    }
}

/// Decides about every file.
///
/// # Errors
/// When a file cannot be read.
pub(crate) fn keep(facts: &Facts<'_>, level: Level, also: &Also) -> Result<Keep, SlimError> {
    let mut keep = Keep::default();
    let mut rules = Rules { facts, keep: &mut keep };
    rules.touched();
    if level == Level::Safe {
        rules.everything();
    }
    rules.put_back(also);
    let tops: BTreeSet<_> = facts.modules.names.keys().map(|file| top(file)).collect();
    let wants = |top: &str| level == Level::Balanced || also.siblings.contains(top);
    rules.siblings(&tops.into_iter().filter(|top| wants(top)).collect())?;
    rules.needed()?;
    rules.parents();
    rules.rest();
    if let Some(allowed) = &also.stubs {
        stubs::put(facts, &mut keep, allowed)?;
    }
    Ok(keep)
}

struct Rules<'a> {
    facts: &'a Facts<'a>,
    keep: &'a mut Keep,
}

impl Rules<'_> {
    /// Keeps a file for a reason, unless there is one already.
    fn add(&mut self, file: &str, reason: Reason) {
        if self.facts.tree.files.contains_key(file) && !self.keep.files.contains_key(file) {
            self.keep.files.insert(file.to_owned(), reason);
        }
    }

    /// What was loaded, opened, mapped, read as source, looked at or listed.
    fn touched(&mut self) {
        let Facts { touched, tree, .. } = *self.facts;
        let groups = [
            (&touched.imported, Reason::Imported),
            (&touched.opened, Reason::Opened),
            (&touched.mapped, Reason::Mapped),
            (&touched.sources, Reason::SourceRead),
        ];
        for (files, reason) in groups {
            for file in files.iter().filter(|file| !never::is_installers(file)) {
                self.add(file, reason.clone());
            }
        }
        self.keep.sources.extend(touched.sources.iter().cloned());
        for file in &touched.checked {
            if tree.files.get(file).is_some_and(|bytes| *bytes <= MOST_CHECKED_BYTES) {
                self.add(file, Reason::Checked);
            }
        }
        for folder in &touched.listed {
            let names = direct(tree, folder);
            let bytes: u64 = names.iter().filter_map(|name| tree.files.get(*name)).sum();
            if bytes <= MOST_LISTED_BYTES {
                for name in names {
                    self.add(name, Reason::Listed);
                }
            }
        }
    }

    /// Every file that is not among those that no program reads.
    fn everything(&mut self) {
        for file in self.facts.tree.files.keys() {
            if self.facts.never(file).is_none() {
                self.add(file, Reason::Program);
            }
        }
    }

    /// What the user listed, and what a proof showed to be missing.
    fn put_back(&mut self, also: &Also) {
        let names = &self.facts.modules.names;
        for file in self.facts.tree.files.keys() {
            let module = names.get(file).map(String::as_str);
            if also.asked.iter().any(|asked| is_below(file, module, asked)) {
                self.add(file, Reason::Asked);
            } else if module.is_some_and(|module| also.modules.contains(module))
                || also.packages.contains(top(file)) && self.facts.never(file).is_none()
            {
                self.add(file, Reason::PutBack);
            }
        }
        let kept: Vec<_> = self.keep.files.keys().cloned().collect();
        let python = kept.into_iter().filter(|file| file.ends_with(".py"));
        self.keep.sources.extend(python.filter(|file| also.sources.contains(top(file))));
    }

    /// Sources beside kept modules, and the extension modules that kept sources name.
    fn siblings(&mut self, tops: &BTreeSet<&str>) -> Result<(), SlimError> {
        if tops.is_empty() {
            return Ok(());
        }
        let Facts { tree, modules, python, .. } = *self.facts;
        let kept = self.keep.files.keys().filter(|file| modules.names.contains_key(*file));
        let folders: BTreeSet<_> = kept.map(|file| folder(file).to_owned()).collect();
        for file in modules.names.keys().filter(|file| file.ends_with(".py")) {
            let beside = folder(file);
            if !beside.is_empty()
                && folders.contains(beside)
                && tops.contains(top(file))
                && self.facts.never(file).is_none()
            {
                self.add(file, Reason::Sibling);
            }
        }
        let kept = self.keep.files.keys();
        let sources: Vec<_> =
            kept.filter(|file| file.ends_with(".py") && tops.contains(top(file))).collect();
        for named in imports::named(tree, modules, python, &sources)? {
            let Some(file) = modules.files.get(&named) else { continue };
            let small = tree.files.get(file).is_some_and(|bytes| *bytes <= MOST_NAMED_BYTES);
            if small && is_library(file) && self.facts.never(file).is_none() {
                self.add(file, Reason::NamedBySibling);
            }
        }
        Ok(())
    }

    /// The libraries that kept libraries need, and those need, as far as they are in the tree.
    fn needed(&mut self) -> Result<(), SlimError> {
        let kept: Vec<_> =
            self.keep.files.keys().filter(|file| is_library(file)).cloned().collect();
        for (file, by) in libraries::needed(self.facts.tree, kept)? {
            self.add(&file, Reason::NeededBy(by));
        }
        Ok(())
    }

    /// The packages that kept files are in: a folder of a package without its `__init__` would be
    /// taken for an empty package, and nobody would ask the guard.
    fn parents(&mut self) {
        let kept: Vec<_> = self.keep.files.keys().cloned().collect();
        for file in &kept {
            let mut folder = folder(file);
            while !folder.is_empty() {
                self.add(&format!("{folder}/__init__.py"), Reason::Parent);
                folder = self::folder(folder);
            }
        }
    }

    /// Notes why the others are left out.
    fn rest(&mut self) {
        for file in self.facts.tree.files.keys() {
            if self.keep.files.contains_key(file) {
                continue;
            }
            let kind = self.facts.never(file).unwrap_or(Dropped::Unused);
            self.keep.dropped.insert(file.clone(), kind);
        }
    }
}

/// The folder that a file is in; empty at the top.
fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The files that are in a folder itself.
fn direct<'a>(tree: &'a Tree, folder: &str) -> Vec<&'a str> {
    let start = format!("{folder}/");
    let inside = tree.files.range(start.clone()..).map(|(file, _)| file.as_str());
    let inside = inside.take_while(|file| file.starts_with(&start));
    inside.filter(|file| !file[start.len()..].contains('/')).collect()
}

/// Whether a file is what was listed, a module or a path, or below it.
fn is_below(file: &str, module: Option<&str>, asked: &str) -> bool {
    let path = asked.trim_end_matches('/');
    let as_module = path.replace('.', "/");
    let below =
        |of: &str| file == of || file.strip_prefix(of).is_some_and(|rest| rest.starts_with('/'));
    below(path) || module == Some(asked) || below(&as_module)
}

/// What the guard must know of a module that is left out.
pub(crate) fn pruned<'a>(
    facts: &'a Facts<'_>,
    keep: &'a Keep,
) -> impl Iterator<Item = (&'a str, &'a str, bool)> {
    let modules = facts.modules.files.iter();
    modules
        .filter(|(_, file)| keep.dropped.contains_key(*file))
        .map(|(module, file)| (module.as_str(), file.as_str(), is_package(file)))
}
