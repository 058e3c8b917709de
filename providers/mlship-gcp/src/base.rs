//! The base images that source runs on, with and without Python.
//! Source: <https://docs.cloud.google.com/run/docs/configuring/services/runtime-base-images>,
//! 2026-11-20.

use mlship_core::project::Project;

/// An operating system without a language.
const PLAIN: &str = "serverless-runtimes/google-24/runtimes/osonly24";

/// The Pythons that there are, with the operating system of each: Ubuntu 22.04, and 24.04.
const PYTHONS: [(&str, &str); 5] = [
    ("3.10", "google-22"),
    ("3.11", "google-22"),
    ("3.12", "google-22"),
    ("3.13", "google-22"),
    ("3.14", "google-24"),
];

/// The C library that packages may need, as their tags write it: the operating systems have 2.35
/// and 2.39, and packages are chosen for the next older common tag.
pub const GLIBC: &str = "2_28";

/// The versions of Python that there are.
pub fn pythons() -> impl Iterator<Item = &'static str> {
    PYTHONS.iter().map(|(version, _)| *version)
}

/// The base of a project's source, without its registry.
pub(crate) fn base(project: &Project) -> String {
    let Some(python) = &project.python else { return PLAIN.to_owned() };
    let version = python.version();
    let system = PYTHONS.iter().find(|(known, _)| *known == version);
    let system = system.map_or("google-24", |(_, system)| *system);
    format!("serverless-runtimes/{system}/runtimes/python{}", version.replace('.', ""))
}
