//! What a lock is made of: the requirements, with the files that they include.

use std::fs;
use std::path::Path;

use mlship_slim::resolve::Lock;

use super::unreadable;
use crate::failure::Failure;

/// How deep files may include others.
const DEEPEST: usize = 10;

/// The requirements and the files that they include, one after the other.
pub(super) fn read(requirements: &Path) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    add(requirements, 0, &mut all)?;
    Ok(all)
}

fn add(file: &Path, depth: usize, all: &mut Vec<u8>) -> Result<(), Failure> {
    let is_file = fs::metadata(file).map_err(unreadable(file))?.is_file();
    if !is_file || depth > DEEPEST {
        return Err(Failure::usage(format!("`{}` cannot be read as requirements", file.display())));
    }
    let bytes = fs::read(file).map_err(unreadable(file))?;
    all.extend(&bytes);
    let text = String::from_utf8_lossy(&bytes);
    for included in text.lines().filter_map(included) {
        let path = file.parent().unwrap_or(Path::new("")).join(included);
        // One at an address is whatever it is that day; uv says what it makes of it.
        if !included.contains("://") {
            add(&path, depth + 1, all)?;
        }
    }
    Ok(())
}

/// The file that a line includes.
fn included(line: &str) -> Option<&str> {
    let line = line.trim();
    let options = ["-r", "--requirement", "-c", "--constraint"];
    let rest = options.iter().find_map(|option| {
        let rest = line.strip_prefix(option)?;
        rest.strip_prefix('=').or_else(|| rest.starts_with([' ', '\t']).then_some(rest))
    })?;
    rest.split('#').next().map(str::trim).filter(|path| !path.is_empty())
}

/// Hashes that the requirements name are those of the lock: whoever pins a file wants that one.
pub(super) fn check_pins(lock: &Lock, inputs: &[u8], told: &Path) -> Result<(), Failure> {
    let pinned = Lock::parse(&String::from_utf8_lossy(inputs));
    for pinned in pinned.packages.iter().filter(|package| !package.sha256.is_empty()) {
        let locked = lock.package(&pinned.name);
        let is_one = |sha256: &String| {
            locked.is_some_and(|locked| locked.sha256.iter().any(|one| one == sha256))
        };
        if !pinned.sha256.iter().any(is_one) {
            return Err(Failure::verification(format!(
                "`{}=={}` is pinned in `{}` by hashes that no file of it has",
                pinned.name,
                pinned.version,
                told.display()
            ))
            .hint("take them from where you trust; or leave them out, and the lock has its own"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_lines_include_are_found() {
        for (line, file) in [
            ("-r more.txt", Some("more.txt")),
            ("  --constraint=c.txt # why", Some("c.txt")),
            ("-c\tc.txt", Some("c.txt")),
            ("-rmore.txt", None),
            ("requests", None),
            ("-r ", None),
        ] {
            assert_eq!(included(line), file, "{line}");
        }
    }
}
