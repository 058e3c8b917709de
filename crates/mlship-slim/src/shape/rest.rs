//! Pruned modules in pure Python, in an archive from which the guard imports them after all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{Exceptions, Shaper, bytecode};
use crate::error::SlimError;
use crate::guard::REST;
use crate::keep::{Dropped, Keep, pruned};

/// Writes the archive, and gives the modules that are in it.
pub(super) fn write(
    shaper: &Shaper<'_>,
    keep: &Keep,
    exceptions: &Exceptions,
    out: &Path,
) -> Result<BTreeSet<String>, SlimError> {
    let wanted = pruned(shaper.facts, keep).filter(|(_, file, _)| {
        file.ends_with(".py") && keep.dropped.get(*file) == Some(&Dropped::Unused)
    });
    let wanted: Vec<_> =
        wanted.map(|(module, file, _)| (module.to_owned(), file.to_owned())).collect();
    bytecode::make(shaper, &wanted.iter().map(|(_, file)| file).collect::<Vec<_>>(), exceptions)?;
    let path = out.join(REST);
    let unwritable = || SlimError::file("write", &path);
    let file = File::create(&path).map_err(unwritable())?;
    let mut archive = ZipWriter::new(file);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .unix_permissions(0o644)
        .last_modified_time(DateTime::default());
    let mut served = BTreeSet::new();
    for (module, file) in wanted {
        let Ok(code) = fs::read(bytecode::cached(shaper, &file, exceptions)) else { continue };
        archive.start_file(format!("{file}c"), options).map_err(zipped(&path))?;
        archive.write_all(&code).map_err(unwritable())?;
        served.insert(module);
    }
    archive.finish().map_err(zipped(&path))?;
    Ok(served)
}

/// Removes the archive again.
pub(super) fn remove(out: &Path) -> Result<(), SlimError> {
    let path = out.join(REST);
    fs::remove_file(&path).map_err(SlimError::file("remove", &path))
}

fn zipped(path: &Path) -> impl FnOnce(zip::result::ZipError) -> SlimError {
    let path = path.to_owned();
    |error| SlimError::File { operation: "write", path, source: error.into() }
}
