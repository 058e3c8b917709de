//! Which files a resolution would install, with their sizes and what they need: read from the
//! index alone, nothing is fetched.

use std::ffi::OsStr;
use std::process::Command;

use super::{Uv, Wanted, compile_for, run};
use crate::platform::Glibc;

/// A file that would be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wheel {
    /// The package.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// How large it is to fetch, where the index says so.
    pub(super) bytes: u64,
    /// The C library that it needs; `None` when it needs none.
    pub(super) glibc: Option<Glibc>,
}

/// What a resolution would install; `None` when there is none.
pub(super) fn of<A: AsRef<OsStr>>(
    uv: &Uv,
    mut compile: Command,
    arguments: &[A],
) -> Option<Vec<Wheel>> {
    compile.args(["--format", "pylock.toml", "--quiet"]).args(arguments);
    let out = run(uv, &mut compile).ok().filter(|out| out.status.success())?;
    Some(parse(&String::from_utf8_lossy(&out.stdout)))
}

/// The file that would be installed for one requirement alone, for this Python of the target.
pub(super) fn only(
    uv: &Uv,
    wanted: &Wanted<'_>,
    python: &str,
    requirement: &str,
    more: &[&str],
) -> Option<Wheel> {
    let folder = tempfile::tempdir().ok()?;
    let file = folder.path().join("requirements.txt");
    std::fs::write(&file, requirement).ok()?;
    let mut command = compile_for(uv, wanted, python);
    command.arg("--no-deps").args(more);
    of(uv, command, &[&file])?.into_iter().next()
}

fn parse(text: &str) -> Vec<Wheel> {
    let Ok(table) = text.parse::<toml::Table>() else { return Vec::new() };
    let packages = table.get("packages").and_then(toml::Value::as_array);
    packages.into_iter().flatten().filter_map(wheel).collect()
}

fn wheel(package: &toml::Value) -> Option<Wheel> {
    let text = |value: &toml::Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    let file = package.get("wheels")?.as_array()?.first()?;
    let size = file.get("size").and_then(toml::Value::as_integer);
    let address = text(file, "url").or_else(|| text(file, "path")).unwrap_or_default();
    Some(Wheel {
        name: text(package, "name")?,
        version: text(package, "version")?,
        bytes: size.and_then(|size| size.try_into().ok()).unwrap_or(0),
        glibc: needed(address.rsplit('/').next().unwrap_or_default()),
    })
}

/// The oldest C library that a wheel's name says it runs with.
fn needed(file: &str) -> Option<Glibc> {
    let platforms = file.strip_suffix(".whl")?.rsplit('-').next()?;
    platforms.split('.').filter_map(tag).min()
}

fn tag(platform: &str) -> Option<Glibc> {
    if platform.starts_with("manylinux2014_") {
        return Some(Glibc { major: 2, minor: 17 });
    }
    let mut numbers = platform.strip_prefix("manylinux_")?.split('_');
    let mut number = || numbers.next()?.parse().ok();
    Some(Glibc { major: number()?, minor: number()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_say_what_they_need() {
        let of = |name: &str| needed(name).map(|glibc| glibc.to_string());
        let two = "numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl";
        assert_eq!(of(two).as_deref(), Some("2.27"));
        let old = "a-1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl";
        assert_eq!(of(old).as_deref(), Some("2.17"));
        assert_eq!(of("a-1-py3-none-any.whl"), None);
    }
}
