//! Why a file cannot be fetched. Never holds a credential: addresses are shown without their query.

use std::io;
use std::path::PathBuf;

/// Why the files of a model cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The build leaves fetching out.
    #[error("the model is fetched at start, and this runtime does not fetch")]
    NotInThisBuild,
    /// The bundle or the environment does not say a place that a file can be had from.
    #[error("cannot fetch `{path}`: {cause}")]
    Place {
        /// The file's path in the bundle.
        path: String,
        /// What is wrong.
        cause: String,
    },
    /// A file cannot be had from its place.
    #[error("cannot fetch `{path}` from `{from}`: {cause}")]
    Transfer {
        /// The file's path in the bundle.
        path: String,
        /// Where it is.
        from: String,
        /// What happened.
        cause: Cause,
    },
    /// There is no room for the files.
    #[error(
        "{needed} bytes are fetched into `{}` and {free} are free; raise `resources.disk-mb`",
        folder.display()
    )]
    Room {
        /// Where files are kept.
        folder: PathBuf,
        /// What is still to come.
        needed: u64,
        /// What the file system has.
        free: u64,
    },
    /// The folder belongs to another user, who could change what is in it.
    #[error("`{}` is not a folder of this user alone", .0.display())]
    Shared(PathBuf),
    /// A file cannot be kept.
    #[error("cannot keep fetched files in `{}`: {source}", path.display())]
    Keep {
        /// The folder or the file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl FetchError {
    /// True when the place may give the file later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Transfer { cause: Cause::Unreachable { .. }, .. })
    }
}

/// What happened on the way.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The place refuses.
    #[error("{status}{code}: {meaning}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The place's own word for it, in brackets.
        code: String,
        /// What that comes from.
        meaning: String,
    },
    /// The place cannot be reached, or not be read on, however often it is tried.
    #[error("{what}, {times} times in a row")]
    Unreachable {
        /// What went wrong last.
        what: String,
        /// How often.
        times: u32,
    },
    /// The place cannot be spoken to, and trying again would not help.
    #[error("{0}")]
    Unspeakable(String),
    /// The file is longer or shorter than the bundle says.
    #[error("it has {found} bytes and the bundle says {expected}")]
    Length {
        /// By the bundle.
        expected: u64,
        /// By the place; a lower bound when it does not say and goes on sending.
        found: u64,
    },
    /// The file is another.
    #[error("its SHA-256 is `{found}` and the bundle says `{expected}`")]
    Digest {
        /// By the bundle.
        expected: String,
        /// Of what came.
        found: String,
    },
    /// The disk is full, or a bound on the length of files is reached.
    #[error("no room is left after {have} bytes; raise `resources.disk-mb`")]
    Full {
        /// What could be written.
        have: u64,
    },
    /// What came cannot be written or read again.
    #[error("cannot write it: {0}")]
    Write(io::Error),
}
