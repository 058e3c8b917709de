//! Python dependencies without what a model does not use: resolved for a target, watched while
//! they answer samples, made smaller, and proven to answer as before.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use mlship_slim::resolve::{Accelerators, Uv, Wanted, install, lock};
//! use mlship_slim::{Choice, Handler, Purpose, Python, Request, Subject, slim};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (uv, python) = (Uv::default(), Python::at(Path::new("python3.12"))?);
//! let wanted = Wanted {
//!     requirements: Path::new("requirements.txt"),
//!     python: &python,
//!     platform: "x86_64-manylinux_2_28".parse()?,
//!     accelerators: Accelerators::Refuse,
//! };
//! install(&uv, &wanted, &lock(&uv, &wanted)?, Path::new("installed"))?;
//! let text = std::fs::read_to_string("samples/1.json")?;
//! let sample = Request { name: "samples/1.json".into(), text, purpose: Purpose::Sample };
//! let subject = Subject {
//!     packages: Path::new("installed"),
//!     python: &python,
//!     platform: wanted.platform,
//!     handler: &Handler::new(".", "app"),
//!     requests: &[sample],
//! };
//! let slimmed = slim(&subject, &Choice::default(), Path::new("work"), Path::new("packages"))?;
//! let told = slimmed.explain()?.to_string();
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here talks to a person or knows a provider; `uv`, `python` and `strace` are programs
//! that it runs.

mod across;
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
mod stubs;
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
pub use slim::{Choice, Slimmed, Subject, slim, slim_across};
pub use stubs::{Stubbed, Stubs};
pub use trace::Watcher;
pub use verify::{Difference, Isolation, PutBack, Step, Verification};
