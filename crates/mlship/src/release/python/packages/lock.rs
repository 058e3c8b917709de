//! The lock beside the requirements: it goes under version control, so that another day and another
//! machine get the same packages.

mod inputs;

use std::fs;
use std::path::{Path, PathBuf};

use mlship_package::sha256;
use mlship_slim::resolve::{self, Lock, Uv, Wanted};

use super::unreadable;
use crate::failure::Failure;
use crate::release::python::Case;

/// What the lock's first line begins with: of the requirements and what they include.
const HEAD: &str = "# locked by mlship for requirements of the SHA-256 ";

/// What its second line begins with: of all that follows.
const BODY: &str = "# what follows has the SHA-256 ";

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
    let inputs = inputs::read(wanted.requirements)?;
    let head = format!("{HEAD}{}\n", sha256(&inputs));
    let file = file(wanted);
    if let Ok(text) = fs::read_to_string(&file) {
        match text.strip_prefix(head.as_str()) {
            Some(rest) => return checked(rest, &inputs, &file),
            None => case.context.say("  the requirements have changed: locking them anew"),
        }
    }
    case.context.say(&format!("  locking the packages for {}", wanted.platform));
    let lock = resolve::lock(uv, wanted)?;
    inputs::check_pins(&lock, &inputs, wanted.requirements)?;
    let body = format!("{BODY}{}\n", sha256(lock.text().as_bytes()));
    fs::write(&file, format!("{head}{body}{}", lock.text())).map_err(unreadable(&file))?;
    case.context.say(&format!("  wrote {}", file.display()));
    Ok(lock)
}

/// A lock that is there, as it was written.
fn checked(rest: &str, inputs: &[u8], file: &Path) -> Result<Lock, Failure> {
    let (told, text) = rest.split_once('\n').unwrap_or_default();
    if told.strip_prefix(BODY) != Some(sha256(text.as_bytes()).as_str()) {
        let words = format!("`{}` is not as it was written", file.display());
        return Err(Failure::verification(words)
            .hint("take it back from version control; or remove it, and it is made anew"));
    }
    let lock = Lock::parse(text);
    inputs::check_pins(&lock, inputs, file)?;
    Ok(lock)
}

/// `requirements.x86_64-manylinux_2_28-py3.12.lock` beside `requirements.txt`.
fn file(wanted: &Wanted<'_>) -> PathBuf {
    let ending = format!("{}-py{}.lock", wanted.platform, wanted.python.version());
    wanted.requirements.with_extension(ending)
}
