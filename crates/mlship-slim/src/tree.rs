//! The files of an installed folder, and which distribution each belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::SlimError;

/// What `uv` leaves in a folder that it installed into.
const LOCK: &str = ".lock";

/// How the name of a folder ends that describes a distribution.
const INFO: &str = ".dist-info";

/// A folder of installed packages, as it was when it was read. Bytecode that lies in
/// `__pycache__` is no part of it, nor is what the installer locks.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    /// The folder.
    pub(crate) root: PathBuf,
    /// Its files by their paths in it, with `/`, and their bytes.
    pub(crate) files: BTreeMap<String, u64>,
    owners: BTreeMap<String, String>,
}

impl Tree {
    /// Reads a folder.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self, SlimError> {
        let root = root.canonicalize().map_err(SlimError::file("read", root))?;
        let mut tree = Self { files: BTreeMap::new(), owners: BTreeMap::new(), root };
        walk(&tree.root, "", &mut tree.files)?;
        for info in tree.infos() {
            tree.note_owner(&info)?;
        }
        Ok(tree)
    }

    /// The folders that describe distributions: `numpy-2.4.6.dist-info`.
    pub(crate) fn infos(&self) -> BTreeSet<String> {
        let tops = self.files.keys().filter_map(|path| path.split_once('/'));
        tops.map(|(top, _)| top).filter(|top| is_info(top)).map(str::to_owned).collect()
    }

    /// The version of each distribution.
    pub(crate) fn versions(&self) -> BTreeMap<&str, &str> {
        let tops = self.files.keys().filter_map(|path| path.split('/').next());
        let named = tops.filter_map(|top| top.strip_suffix(INFO)?.split_once('-'));
        named.collect()
    }

    /// The distribution that a file belongs to; its first folder where none says that it does.
    pub(crate) fn distribution<'a>(&'a self, path: &'a str) -> &'a str {
        let top = path.split('/').next().unwrap_or(path);
        match self.owners.get(path) {
            Some(owner) => owner,
            None if is_info(top) => distribution_of(top),
            None => top.split('.').next().unwrap_or(top),
        }
    }

    /// Where a file is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn bytes(&self, file: &str) -> Result<Vec<u8>, SlimError> {
        let path = self.path(file);
        fs::read(&path).map_err(SlimError::file("read", &path))
    }

    /// Bytes of all files.
    pub(crate) fn total(&self) -> u64 {
        self.files.values().sum()
    }

    /// Notes the files of a distribution: its list has a line for each, the path first.
    fn note_owner(&mut self, info: &str) -> Result<(), SlimError> {
        let record = format!("{info}/RECORD");
        if !self.files.contains_key(&record) {
            return Ok(());
        }
        let list = self.bytes(&record)?;
        for line in String::from_utf8_lossy(&list).lines() {
            let path = match line.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => line.split(',').next(),
            };
            let path = path.unwrap_or_default().trim_start_matches("../");
            if self.files.contains_key(path) {
                self.owners.insert(path.to_owned(), distribution_of(info).to_owned());
            }
        }
        Ok(())
    }
}

/// The top of a path, as what is put back is named by: `numpy` of `numpy/ma/core.py`, `six` of
/// `six.py`.
pub(crate) fn top(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or(path)
}

/// Whether a folder describes a distribution.
fn is_info(folder: &str) -> bool {
    folder.ends_with(INFO)
}

/// `numpy` of `numpy-2.4.6.dist-info`.
fn distribution_of(info: &str) -> &str {
    info.split('-').next().unwrap_or(info)
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, u64>) -> Result<(), SlimError> {
    let unreadable = SlimError::file("read", folder);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(SlimError::file("read", folder))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let about = fs::metadata(&path).map_err(SlimError::file("read", &path))?;
        if name == LOCK {
            continue;
        }
        if !about.is_dir() {
            files.insert(name, about.len());
        } else if entry.file_name() != "__pycache__" {
            walk(&path, &format!("{name}/"), files)?;
        }
    }
    Ok(())
}

/// Makes a second folder of the same files, to which others can be put, and in which they may be
/// written over.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn copied(tree: &Tree, to: &Path) -> Result<(), SlimError> {
    fs::create_dir_all(to).map_err(SlimError::file("create", to))?;
    for file in tree.files.keys() {
        let (from, to) = (tree.path(file), to.join(file));
        make_parent(&to)?;
        // No links: a handler may write where it imports from.
        fs::copy(&from, &to).map_err(SlimError::file("write", &to))?;
    }
    Ok(())
}

/// Makes the folder that a file is to be in.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn make_parent(file: &Path) -> Result<(), SlimError> {
    let Some(parent) = file.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(SlimError::file("create", parent))
}
