//! Takes a service away: its processes, then its files, its lock last.

use std::fs;
use std::io;

use mlship_core::deployment::Removed;
use mlship_core::provider::ProviderError;

use super::failure::Task;
use super::folder::{Folder, Lock, absent_is_fine, remove_tree};
use super::start;

/// Removes all that stands in the folder, whatever state it is in, and then the folder. The lock
/// is held until the last file is gone.
pub(crate) async fn wipe(
    task: Task<'_>,
    folder: &Folder,
    lock: Lock,
) -> Result<Removed, ProviderError> {
    let mut removed = Removed::new();
    if start::stop(folder).await.map_err(task.io("stop the process"))? {
        removed.push("the running process".into());
    }
    let versions = folder.service().ok().flatten().map_or(0, |service| service.versions.len());
    match versions {
        0 => {}
        1 => removed.push("1 version".into()),
        many => removed.push(format!("{many} versions")),
    }
    files(folder).map_err(task.io("remove the state folder"))?;
    drop(lock);
    removed.push(format!("the folder `{}`", folder.path().display()));
    Ok(removed)
}

fn files(folder: &Folder) -> io::Result<()> {
    let lock = folder.change_lock();
    for entry in fs::read_dir(folder.path())? {
        let path = entry?.path();
        if path != lock {
            remove_tree(&path)?;
        }
    }
    absent_is_fine(fs::remove_file(lock))?;
    absent_is_fine(fs::remove_dir(folder.path()))
}
