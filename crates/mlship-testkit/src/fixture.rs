//! Files that tests share and that take a while to make: made once, whoever asks first.

use std::fs::{self, File};
use std::path::Path;

/// Lets `make` fill `folder`, unless it was filled before from the same `scripts`. Test processes
/// that ask at the same time wait for the first.
///
/// # Panics
/// When the folder or a script cannot be read or written.
pub fn made_once(folder: &Path, scripts: &[&Path], make: impl FnOnce(&Path)) {
    let parent = folder.parent().expect("a folder in another");
    fs::create_dir_all(parent).expect("the folder around it");
    let lock = File::create(folder.with_extension("lock")).expect("a lock file");
    lock.lock().expect("a lock");
    let stamp = folder.with_extension("stamp");
    let made_from: String =
        scripts.iter().map(|script| fs::read_to_string(script).expect("a script")).collect();
    if fs::read_to_string(&stamp).is_ok_and(|before| before == made_from) {
        return;
    }
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("the folder");
    make(folder);
    fs::write(stamp, made_from).expect("a stamp");
}
