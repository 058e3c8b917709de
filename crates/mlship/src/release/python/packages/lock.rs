//! The lock beside the requirements: it goes under version control, so that another day and another
//! machine get the same packages.

use std::fs;
use std::path::PathBuf;

use mlship_package::sha256;
use mlship_slim::resolve::{self, Lock, Uv, Wanted};

use super::unreadable;
use crate::failure::Failure;
use crate::release::python::Case;

/// What the lock's first line begins with.
const HEAD: &str = "# locked by mlship for requirements of the SHA-256 ";

/// The lock of these requirements: the one that is there, or one that is made and written. The one
/// of `alike`'s versions is made anew each time.
pub(super) fn lock(
    case: &Case<'_>,
    uv: &Uv,
    wanted: &Wanted<'_>,
    alike: Option<&Lock>,
) -> Result<Lock, Failure> {
    if let Some(alike) = alike {
        return Ok(resolve::lock_alike(uv, wanted, alike)?);
    }
    let requirements = fs::read(wanted.requirements).map_err(unreadable(wanted.requirements))?;
    let head = format!("{HEAD}{}\n", sha256(&requirements));
    let file = file(wanted);
    if let Ok(text) = fs::read_to_string(&file) {
        match text.strip_prefix(head.as_str()) {
            Some(lock) => return Ok(Lock::parse(lock)),
            None => case.context.say("  the requirements have changed: locking them anew"),
        }
    }
    case.context.say(&format!("  locking the packages for {}", wanted.platform));
    let lock = resolve::lock(uv, wanted)?;
    fs::write(&file, format!("{head}{}", lock.text())).map_err(unreadable(&file))?;
    case.context.say(&format!("  wrote {}", file.display()));
    Ok(lock)
}

/// `requirements.x86_64-manylinux_2_28-py3.12.lock` beside `requirements.txt`.
fn file(wanted: &Wanted<'_>) -> PathBuf {
    let ending = format!("{}-py{}.lock", wanted.platform, wanted.python.version());
    wanted.requirements.with_extension(ending)
}
