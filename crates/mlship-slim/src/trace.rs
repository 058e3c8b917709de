//! What of the installed packages is touched while samples are answered.

mod strace;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::error::SlimError;
use crate::modules::is_library;
use crate::probe::{Outcome, Probe};
use crate::python::{Python, clean};
use crate::tree::{Tree, copied};

/// What was touched, as paths in the folder of packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Modules whose bytecode or library was loaded.
    pub(crate) imported: BTreeSet<String>,
    /// Files that were opened.
    pub(crate) opened: BTreeSet<String>,
    /// Files that were mapped into memory.
    pub(crate) mapped: BTreeSet<String>,
    /// Sources that were read although their bytecode was there.
    pub(crate) sources: BTreeSet<String>,
    /// Files whose being there was asked.
    pub(crate) checked: BTreeSet<String>,
    /// Folders whose names were listed, by others than the import itself.
    pub(crate) listed: BTreeSet<String>,
}

/// Who watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Watcher {
    /// `strace`: every call to the system, and Python's own hooks.
    Strace,
    /// Python's own hooks and what was mapped in the end: what a library opens itself is unseen.
    Hooks,
}

impl Watcher {
    /// The one that sees most of those that this machine has.
    pub(crate) fn here() -> Self {
        if strace::works() { Self::Strace } else { Self::Hooks }
    }
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) touched: Touched,
    pub(crate) outcome: Outcome,
}

/// A second folder of the same packages, with bytecode beside them, so that a source that is opened
/// is one that somebody reads.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn precompiled(
    tree: &Tree,
    python: &Python,
    folder: &Path,
) -> Result<PathBuf, SlimError> {
    copied(tree, folder)?;
    compile(python, folder)?;
    folder.canonicalize().map_err(SlimError::file("read", folder))
}

/// Runs a probe over packages made by [`precompiled`], and watches.
///
/// # Errors
/// When nothing could be started or written.
pub(crate) fn trace(
    tree: &Tree,
    probe: &Probe<'_>,
    watcher: Watcher,
    work: &Path,
) -> Result<Trace, SlimError> {
    let log = work.join("calls.log");
    let before = if watcher == Watcher::Strace { strace::words(&log) } else { Vec::new() };
    let outcome = probe.run(work, &before)?;
    let mut touched = Touched::default();
    let tag = probe.python.tag();
    let mut seen = Seen { tree, root: probe.tree, tag, touched: &mut touched };
    seen.watched(&outcome);
    if watcher == Watcher::Strace {
        let calls = fs::read(&log).map_err(SlimError::file("read", &log))?;
        for call in strace::calls(&String::from_utf8_lossy(&calls)) {
            seen.call(&call);
        }
    }
    Ok(Trace { touched, outcome })
}

/// Makes bytecode that is taken without a look at its source.
fn compile(python: &Python, folder: &Path) -> Result<(), SlimError> {
    let mut command = Command::new(python.program());
    command.args(["-I", "-S", "-m", "compileall", "-q", "-j", "2"]);
    command.args(["--invalidation-mode", "unchecked-hash"]).arg(folder);
    // A source that does not compile is found when somebody imports it.
    let ran = clean(&mut command).stdout(Stdio::null()).stderr(Stdio::null()).status();
    ran.map(drop).map_err(python.unstarted())
}

/// Sorts what was seen.
struct Seen<'a> {
    tree: &'a Tree,
    root: &'a Path,
    tag: &'a str,
    touched: &'a mut Touched,
}

impl Seen<'_> {
    fn watched(&mut self, outcome: &Outcome) {
        for path in &outcome.watched.opened {
            self.opened(path);
        }
        for path in &outcome.watched.modules {
            if let Some(file) = self.inside(path).filter(|file| self.tree.files.contains_key(file))
            {
                self.touched.imported.insert(file);
            }
        }
        for path in &outcome.watched.mapped {
            self.mapped(path);
        }
        for path in &outcome.watched.listed {
            if let Some(folder) = self.inside(path) {
                self.touched.listed.insert(folder);
            }
        }
    }

    fn call(&mut self, call: &strace::Call) {
        match call.kind {
            strace::Kind::Open => self.opened(&call.path),
            strace::Kind::Map => self.mapped(&call.path),
            strace::Kind::Look => {
                let Some(file) = self.inside(&call.path) else { return };
                // The import looks for files itself; whom it finds it opens.
                let is_code = file.ends_with(".py") || file.ends_with(".pyc") || is_library(&file);
                if !is_code && self.tree.files.contains_key(&file) {
                    self.touched.checked.insert(file);
                }
            }
        }
    }

    fn opened(&mut self, path: &str) {
        let Some(file) = self.inside(path) else { return };
        if let Some(source) = source_of(&file, self.tag) {
            self.touched.imported.insert(source);
        } else if file.ends_with(".py") && self.tree.files.contains_key(&file) {
            self.touched.sources.insert(file);
        } else if self.tree.files.contains_key(&file) {
            self.touched.opened.insert(file);
        }
    }

    fn mapped(&mut self, path: &str) {
        let file = self.inside(path);
        if let Some(file) = file.filter(|file| self.tree.files.contains_key(file)) {
            self.touched.mapped.insert(file);
        }
    }

    /// The path in the folder of packages; `None` when it is elsewhere.
    fn inside(&self, path: &str) -> Option<String> {
        let inside = Path::new(path).strip_prefix(self.root).ok()?;
        let mut names: Vec<String> = Vec::new();
        for part in inside.components() {
            match part {
                std::path::Component::ParentDir => drop(names.pop()?),
                std::path::Component::Normal(name) => {
                    names.push(name.to_string_lossy().into_owned());
                }
                _ => {}
            }
        }
        (!names.is_empty()).then(|| names.join("/"))
    }
}

/// The source of a bytecode file: `a/b.py` of `a/__pycache__/b.cpython-312.pyc`.
fn source_of(file: &str, tag: &str) -> Option<String> {
    let stem = file.strip_suffix(".pyc")?;
    let (folder, name) = stem.rsplit_once("__pycache__/")?;
    let (name, rest) = name.split_once('.')?;
    rest.starts_with(tag).then(|| format!("{folder}{name}.py"))
}
