//! Python dependencies without what a model does not use: resolved for a target, watched while
//! they answer samples, made smaller, and proven to answer as before.
//!
//! Nothing here talks to a person or knows a provider; `uv`, `python` and `strace` are programs
//! that it runs.

mod elf;
mod error;
mod explain;
mod guard;
mod keep;
mod modules;
mod platform;
mod probe;
mod python;
pub mod resolve;
mod shape;
mod slim;
mod trace;
mod tree;
mod verify;

pub use elf::compact;
pub use error::SlimError;
pub use explain::{Distribution, Explanation, FileRecord, Provenance, RequestRecord, Share};
pub use keep::{Dropped, Level, Reason};
pub use platform::{Architecture, Glibc, NoPlatform, Platform};
pub use probe::{Handler, Miss, Purpose, Request};
pub use python::Python;
pub use shape::Rest;
pub use slim::{Choice, Slimmed, Subject, slim};
pub use trace::Watcher;
pub use verify::{Difference, Isolation, PutBack, Step, Verification};
