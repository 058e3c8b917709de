//! Where what can be had again is kept.

use std::path::PathBuf;

/// Where programs keep what they can have again:
/// <https://specifications.freedesktop.org/basedir-spec/latest/>.
pub(crate) fn cache() -> Option<PathBuf> {
    let variable =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))
}
