//! What a file is called for as long as it is not whole. Touches no disk.

use std::path::{Path, PathBuf};

/// A name of our own beside the file `to`: what is written goes there, and takes the file's place
/// when it is whole.
pub fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".mlship-partial");
    to.with_file_name(name)
}
