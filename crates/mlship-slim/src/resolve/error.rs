//! Why requirements could not be resolved or installed, each with the place and what to change.

use std::io;
use std::path::PathBuf;

use super::accelerator::Accelerated;
use super::instead::Instead;
use super::place::Place;
use super::uv::NotRun;
use crate::platform::{Glibc, Platform};

/// Why requirements could not be resolved or installed.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// `uv` is not there.
    #[error("`{}` is not there; install it with `pip install uv`, or name where it is", program.display())]
    NoUv {
        /// What was looked for.
        program: PathBuf,
    },
    /// `uv` is there and cannot be started.
    #[error("`{}` could not be started", program.display())]
    Unstarted {
        /// What was started.
        program: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file could not be read or written.
    #[error("could not {operation} `{}`", path.display())]
    File {
        /// `read` or `write`.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is no requirement.
    #[error("{place}: this is no requirement: {reason}")]
    Line {
        /// The line.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// No index has the package.
    #[error(
        "{place}: no package is called `{package}`; check how it is spelt, or name the index that has it"
    )]
    UnknownPackage {
        /// The line that asks for it.
        place: Place,
        /// Its name.
        package: String,
    },
    /// There is no such version.
    #[error("{place}: `{package}` has no version `{wanted}`{}", newest_is(newest_version.as_deref()))]
    NoVersion {
        /// The line that asks for it.
        place: Place,
        /// The package.
        package: String,
        /// Which versions were asked for.
        wanted: String,
        /// The newest that runs on the target, where one does.
        newest_version: Option<String>,
    },
    /// The version is there, but no file of it runs on the target.
    #[error(
        "{place}: no wheel of `{requirement}` runs on {platform} with Python {python}{}{instead}",
        needs(*glibc)
    )]
    NoWheel {
        /// The line that asks for it.
        place: Place,
        /// The package and the versions that were asked for.
        requirement: String,
        /// The target.
        platform: Platform,
        /// The target's Python: `3.12`.
        python: String,
        /// The C library that its wheels need, where that is what they lack.
        glibc: Option<Glibc>,
        /// What runs on the target.
        instead: Instead,
    },
    /// The version is for another Python.
    #[error(
        "{place}: `{requirement}` needs Python {needs}, and the target has {python}; choose such a Python{}",
        or_pin(newest_version.as_deref())
    )]
    NoPython {
        /// The line that asks for it.
        place: Place,
        /// The package and the versions that were asked for.
        requirement: String,
        /// What it needs: `>=3.12`.
        needs: String,
        /// The target's Python: `3.11`.
        python: String,
        /// The newest version that runs on the target, where one does.
        newest_version: Option<String>,
    },
    /// What is asked for cannot be had together.
    #[error(
        "{}: these versions cannot be had together: {reason}; loosen one of them",
        places(places_asked)
    )]
    Conflict {
        /// The lines that take part.
        places_asked: Vec<Place>,
        /// Who needs what.
        reason: String,
    },
    /// The lock is for graphics cards.
    #[error(
        "{place}: {} of packages for graphics cards would be installed ({}); {change}",
        megabytes(*bytes),
        weighed(packages)
    )]
    Accelerators {
        /// The line that asks for them.
        place: Place,
        /// Bytes to fetch, together.
        bytes: u64,
        /// The packages, largest first.
        packages: Vec<Accelerated>,
        /// What to write instead.
        change: String,
    },
    /// A file is not the one that was locked.
    #[error(
        "`{package}` is not what was locked: its file has the SHA-256 {found}; somebody replaced it, or the \
         lock is of another index: make the lock anew only if you trust where it comes from"
    )]
    Hash {
        /// The package and its version.
        package: String,
        /// The digest of what came.
        found: String,
    },
    /// The network was cut, and what is needed was not fetched before.
    #[error(
        "{place}: `{package}` was not fetched before, and the network may not be used; run once with it"
    )]
    Offline {
        /// The line that asks for it.
        place: Place,
        /// The package.
        package: String,
    },
    /// The index does not answer.
    #[error(
        "the package index does not answer: {reason}; check the network and the proxy settings"
    )]
    Network {
        /// What was tried, and what came of it.
        reason: String,
    },
    /// Anything else that `uv` says.
    #[error("{place}: the packages could not be had: {reason}")]
    Other {
        /// The requirements.
        place: Place,
        /// What `uv` gave as the cause.
        reason: String,
    },
}

impl From<NotRun> for ResolveError {
    fn from(error: NotRun) -> Self {
        match error {
            NotRun::Absent { program } => Self::NoUv { program },
            NotRun::Unstarted { program, source } => Self::Unstarted { program, source },
        }
    }
}

fn needs(glibc: Option<Glibc>) -> String {
    glibc.map_or_else(String::new, |glibc| {
        format!("; its wheels need glibc {glibc}: choose a target that has it")
    })
}

fn newest_is(version: Option<&str>) -> String {
    version.map_or_else(String::new, |version| {
        format!("; the newest for the target is {version}: pin that")
    })
}

fn or_pin(version: Option<&str>) -> String {
    version
        .map_or_else(String::new, |version| format!(", or pin {version}, the newest for this one"))
}

fn places(places: &[Place]) -> String {
    let told: Vec<_> = places.iter().map(Place::to_string).collect();
    told.join(", ")
}

/// Decimal megabytes; an index need not say how large its files are.
fn megabytes(bytes: u64) -> String {
    if bytes == 0 {
        return "an unknown size".to_owned();
    }
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

fn weighed(packages: &[Accelerated]) -> String {
    let told = packages.iter().take(5);
    let mut told: Vec<_> =
        told.map(|one| format!("{} {}: {}", one.name, one.version, megabytes(one.bytes))).collect();
    if packages.len() > 5 {
        told.push(format!("{} more", packages.len() - 5));
    }
    told.join(", ")
}
