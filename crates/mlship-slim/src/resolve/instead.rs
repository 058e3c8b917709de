//! What could be asked for instead of a version that has no file for the target.

use std::fmt;

use super::diagnosis::parts;
use super::wheels::only;
use super::{Uv, Wanted};

/// Pythons that may have one, the newest first.
const PYTHONS: [&str; 5] = ["3.14", "3.13", "3.12", "3.11", "3.10"];

/// What could be asked for instead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instead {
    /// The oldest version behind the one that was asked for that runs on the target. A model is
    /// seldom right with one that is far from that of its training.
    pub nearest_version: Option<String>,
    /// The newest version that runs on the target.
    pub newest_version: Option<String>,
    /// The newest Python for which there is a file of what was asked for.
    pub python: Option<String>,
}

impl Instead {
    /// Asks the index.
    pub(super) fn of(uv: &Uv, wanted: &Wanted<'_>, requirement: &str) -> Self {
        let (package, versions) = parts(requirement);
        let version = |requirement: &str, more: &[&str]| {
            only(uv, wanted, wanted.python.version().as_str(), requirement, more)
                .map(|file| file.version)
        };
        let behind = versions.strip_prefix("==").map(|pinned| format!("{package}>{pinned}"));
        let nearest = behind.and_then(|behind| version(&behind, &["--resolution", "lowest"]));
        let has = |python: &&str| only(uv, wanted, python, requirement, &[]).is_some();
        Self {
            nearest_version: nearest,
            newest_version: version(package, &[]),
            python: PYTHONS.into_iter().find(has).map(str::to_owned),
        }
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.nearest_version, &self.newest_version) {
            (Some(nearest), Some(newest)) if nearest != newest => {
                write!(f, "; the nearest that does is {nearest}, the newest {newest}: pin one")?;
            }
            (_, Some(newest)) => write!(f, "; the newest that does is {newest}: pin that")?,
            (_, None) => {}
        }
        let Some(python) = &self.python else { return Ok(()) };
        let joined = if self.newest_version.is_some() { ", or" } else { ";" };
        write!(f, "{joined} write `version: \"{python}\"`, for which there is one")
    }
}
