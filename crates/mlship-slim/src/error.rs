//! Why packages could not be made smaller.

use std::io;
use std::path::{Path, PathBuf};

use crate::platform::{Architecture, Glibc};
use crate::verify::Difference;

/// Why packages could not be made smaller.
#[derive(Debug, thiserror::Error)]
pub enum SlimError {
    /// A file could not be read or written.
    #[error("could not {operation} `{}`", path.display())]
    File {
        /// `read`, `write`, `remove`, ….
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The interpreter could not be started, or one of the tool's own scripts failed in it.
    #[error("Python `{}` cannot be used: {reason}", program.display())]
    Python {
        /// Which interpreter.
        program: PathBuf,
        /// What it said.
        reason: String,
    },
    /// No request was given that is answered well.
    #[error("without a sample nothing shows what is used; list one under `samples`")]
    NoSamples,
    /// The handler does not work with the packages as they are.
    #[error("{} with all packages there: {reason}", failed(request.as_deref()))]
    Handler {
        /// The sample; `None` when it is the loading that failed.
        request: Option<String>,
        /// What Python said.
        reason: String,
    },
    /// The handler does not come to an end with the packages as they are.
    #[error("`{handler}` {told}; make it end, or give it more time")]
    Hung {
        /// The handler's module.
        handler: String,
        /// What it was at, and where.
        told: String,
    },
    /// This machine cannot run the target's libraries.
    #[error(
        "packages for {target} are watched and proven on {target}; run this there, or give the same versions for this machine too"
    )]
    OtherArchitecture {
        /// The target's.
        target: Architecture,
    },
    /// What is watched here is not what goes there.
    #[error(
        "`{package}` is {here} for this machine and {there} for the target; install the same version of it for both"
    )]
    OtherVersion {
        /// The package.
        package: String,
        /// Its version for this machine.
        here: String,
        /// Its version for the target.
        there: String,
    },
    /// What would be written over is there.
    #[error("`{}` is there already; remove it, or name another folder", path.display())]
    OutExists {
        /// The folder.
        path: PathBuf,
    },
    /// A library needs a newer C library than the target has.
    #[error(
        "`{library}` needs glibc {needs}, and the target has {has}; resolve for the target, or choose another"
    )]
    Glibc {
        /// The library.
        library: String,
        /// What it needs.
        needs: Glibc,
        /// What is there.
        has: Glibc,
    },
    /// Stubs are found with some requests and shown to be enough with others.
    #[error(
        "`slim: max` needs requests that are held out, and there are none: list some that are not among the samples under `python.held-out`"
    )]
    NoHeldOut,
    /// Stubs call the system in the machine's own code.
    #[error(
        "stubs for native libraries are made on x86_64 for x86_64; leave them out for {target}"
    )]
    StubsElsewhere {
        /// The target's architecture.
        target: Architecture,
    },
    /// More than a library's format can hold.
    #[error("no stub can be written for `{}`; keep it", library.display())]
    NoStub {
        /// The library.
        library: PathBuf,
    },
    /// Nothing that was put back made the answers equal.
    #[error("the smaller packages do not answer as the installed ones: {}", first(differences))]
    Unproven {
        /// What differs.
        differences: Vec<Difference>,
    },
    /// A file that the tool's own scripts wrote is not what they write.
    #[error("`{}` is not what it should be", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
}

impl SlimError {
    /// For `map_err`: what was tried, and with which file.
    pub(crate) fn file(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { operation, path, source }
    }

    /// For `map_err`: which file is no JSON of the kind.
    pub(crate) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Json { path, source }
    }
}

fn failed(request: Option<&str>) -> String {
    request.map_or_else(
        || "the handler cannot be loaded".to_owned(),
        |request| format!("sample `{request}` is not answered"),
    )
}

fn first(differences: &[Difference]) -> String {
    let mut told = differences.first().map(Difference::to_string).unwrap_or_default();
    if differences.len() > 1 {
        told.push_str(&format!(" ({} more)", differences.len() - 1));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::SlimError;

    #[test]
    fn what_a_level_needs_is_named_by_its_key() {
        let told = SlimError::NoHeldOut.to_string();
        assert!(told.contains("`slim: max`") && told.contains("`python.held-out`"), "{told}");
    }
}
