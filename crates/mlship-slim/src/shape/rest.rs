//! Pruned modules in pure Python, in an archive from which the guard imports them after all. A
//! package that was left out whole is in it with its data, since its code reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Exceptions, Shaper, bytecode};
use crate::error::SlimError;
use crate::guard::REST;
use crate::keep::{Dropped, Facts, Keep, pruned};
use crate::modules::is_library;

/// A package with more bytes of data than this does not go along: it is refused by name.
pub(super) const MOST_DATA_BYTES: u64 = 8_000_000;

/// Writes the archive, and gives the modules that can be imported from it. A package that would be
/// incomplete in it, because it loads a library itself or has more than `most_data_bytes`, is not
/// among them.
pub(super) fn write(
    shaper: &Shaper<'_>,
    keep: &Keep,
    exceptions: &Exceptions,
    most_data_bytes: u64,
    out: &Path,
) -> Result<BTreeSet<String>, SlimError> {
    let facts = shaper.facts;
    let packages = Packages::of(facts, keep, most_data_bytes);
    let wanted = pruned(facts, keep).filter(|(_, file, _)| {
        file.ends_with(".py") && is_unused(keep, file) && !packages.lack(file)
    });
    let wanted: Vec<_> =
        wanted.map(|(module, file, _)| (module.to_owned(), file.to_owned())).collect();
    bytecode::make(shaper, &wanted.iter().map(|(_, file)| file).collect::<Vec<_>>(), exceptions)?;
    let mut entries: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut served = BTreeSet::new();
    for (module, file) in wanted {
        let code = bytecode::cached(shaper, &file, exceptions);
        if code.exists() {
            entries.insert(format!("{file}c"), code);
            served.insert(module);
        } else if packages.around(&file).is_some() {
            // What is no Python is a template that somebody fills in.
            entries.insert(file.clone(), facts.tree.path(&file));
        }
    }
    let data = packages.data().map(|file| (file.to_owned(), facts.tree.path(file)));
    entries.extend(data);
    archive(&entries, &out.join(REST))?;
    Ok(served)
}

/// Removes the archive again.
pub(super) fn remove(out: &Path) -> Result<(), SlimError> {
    let path = out.join(REST);
    fs::remove_file(&path).map_err(SlimError::file("remove", &path))
}

/// Whether a file was left out because nobody used it, and not for what it is.
fn is_unused(keep: &Keep, file: &str) -> bool {
    keep.dropped.get(file) == Some(&Dropped::Unused)
}

/// The outermost packages that were left out whole, by their folders.
struct Packages<'a> {
    folders: BTreeMap<&'a str, Data<'a>>,
}

/// What a package has besides its modules.
#[derive(Default)]
struct Data<'a> {
    files: Vec<&'a str>,
    is_lacking: bool,
}

impl<'a> Packages<'a> {
    fn of(facts: &'a Facts<'_>, keep: &'a Keep, most_data_bytes: u64) -> Self {
        let inits =
            pruned(facts, keep).filter_map(|(_, file, _)| file.strip_suffix("/__init__.py"));
        let mut packages = Self { folders: BTreeMap::new() };
        // A shorter path comes before those that begin with it.
        for folder in inits.collect::<BTreeSet<_>>() {
            if packages.around(folder).is_none() {
                packages.folders.insert(folder, Data::default());
            }
        }
        for file in keep.dropped.keys().filter(|file| is_unused(keep, file)) {
            let module = facts.modules.names.get(file);
            if module.is_some_and(|module| facts.modules.files.get(module) == Some(file)) {
                continue;
            }
            let Some(folder) = packages.around(file) else { continue };
            let Some(data) = packages.folders.get_mut(folder) else { continue };
            data.is_lacking |= is_library(file);
            data.files.push(file);
        }
        for data in packages.folders.values_mut() {
            let bytes: u64 = data.files.iter().filter_map(|file| facts.tree.files.get(*file)).sum();
            data.is_lacking |= bytes > most_data_bytes;
        }
        packages
    }

    /// The one that a file is in.
    fn around(&self, file: &str) -> Option<&'a str> {
        let mut folders = file.match_indices('/').map(|(end, _)| &file[..end]);
        folders.find_map(|folder| self.folders.get_key_value(folder)).map(|(folder, _)| *folder)
    }

    /// Whether a file is in one that would be incomplete.
    fn lack(&self, file: &str) -> bool {
        let around = self.around(file).and_then(|folder| self.folders.get(folder));
        around.is_some_and(|data| data.is_lacking)
    }

    /// The data of those that are complete.
    fn data(&self) -> impl Iterator<Item = &'a str> + '_ {
        let complete = self.folders.values().filter(|data| !data.is_lacking);
        complete.flat_map(|data| data.files.iter().copied())
    }
}

/// Writes files by their names, with nothing of when and where.
fn archive(entries: &BTreeMap<String, PathBuf>, path: &Path) -> Result<(), SlimError> {
    let unwritable = || SlimError::file("write", path);
    let file = File::create(path).map_err(unwritable())?;
    let mut archive = ZipWriter::new(file);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .unix_permissions(0o644)
        .last_modified_time(DateTime::default());
    for (name, from) in entries {
        let bytes = fs::read(from).map_err(SlimError::file("read", from))?;
        archive.start_file(name.as_str(), options).map_err(zipped(path))?;
        archive.write_all(&bytes).map_err(unwritable())?;
    }
    archive.finish().map_err(zipped(path))?;
    Ok(())
}

fn zipped(path: &Path) -> impl FnOnce(zip::result::ZipError) -> SlimError {
    let path = path.to_owned();
    |error| SlimError::File { operation: "write", path, source: error.into() }
}
