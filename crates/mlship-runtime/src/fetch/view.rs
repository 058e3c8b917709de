//! A folder in which a bundle's own files and fetched ones lie together: engines look for weights
//! beside the graph.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mlship_bundle::Model;
use ring::digest::{SHA256, digest};

use super::FetchError;
use super::s3::hex;
use super::scratch::Scratch;
use crate::bundle::{LoadError, path_in};

/// Puts the files of the model together. Two bundles never share such a folder; two processes that
/// serve one bundle do, and write the same.
pub(super) fn of(folder: &Path, model: &Model, scratch: &Scratch) -> Result<PathBuf, LoadError> {
    let folder = fs::canonicalize(folder)
        .map_err(|source| LoadError::Read { path: folder.to_owned(), source })?;
    let mut identity = format!("{}\n{}", folder.display(), model.source_sha256);
    for file in &model.fetched {
        identity += &format!("\n{} {}", file.sha256, file.path);
    }
    let name = hex(&digest(&SHA256, identity.as_bytes()).as_ref()[..8]);
    let together = scratch.beside(&format!("bundle-{name}"));
    for name in names(model) {
        let to = path_in(&together, name)?;
        let fetched = model.fetched.iter().find(|file| file.path == *name);
        let put = match fetched {
            Some(file) => put(&to, |to| fs::hard_link(scratch.path(file), to)),
            // The graph's own place is where its weights are looked for: it is no link.
            None if *name == model.path => {
                let from = path_in(&folder, name)?;
                put(&to, |to| fs::copy(&from, to).map(drop))
            }
            None => {
                let from = path_in(&folder, name)?;
                put(&to, |to| std::os::unix::fs::symlink(&from, to))
            }
        };
        put.map_err(|source| FetchError::Keep { path: to, source })?;
    }
    Ok(together)
}

/// The model's files, as the bundle calls them.
pub(super) fn names(model: &Model) -> impl Iterator<Item = &String> {
    [Some(&model.path), model.half_weights.as_ref().or(model.weights.as_ref())]
        .into_iter()
        .flatten()
}

/// Makes a file under another name and gives it its own in one step.
fn put(to: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    let mut half = to.as_os_str().to_owned();
    half.push(format!(".{}", std::process::id()));
    let half = PathBuf::from(half);
    let _ = fs::remove_file(&half);
    make(&half)?;
    // What is there goes on being there: another process may be about to read it.
    fs::rename(&half, to)?;
    // Two links to one file stay two when one is renamed to the other: rename(2).
    let _ = fs::remove_file(&half);
    Ok(())
}
