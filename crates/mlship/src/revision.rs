//! The commit that a project is at.

use std::path::Path;
use std::process::Command;

/// The commit of the folder's checkout, with `-dirty` when something is not committed.
/// `None` when it is not under git, or git is not there.
pub(crate) fn of(folder: &Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let git = |args: &[&str]| {
        let out = Command::new("git").arg("-C").arg(folder).args(args).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let dirty = git(&["status", "--porcelain", "--", "."]).is_some_and(|text| !text.is_empty());
    Some(if dirty { format!("{commit}-dirty") } else { commit })
}
