//! This machine as a provider: the embedded default, kind `process`.
//!
//! A service is a folder below the state root: the unpacked artifacts, a record of the versions,
//! the logs, and what its supervisor says. The supervisor is a process of its own that outlives
//! the command, restarts the runtime when it dies and never leaves it behind. The folder is the
//! provider's whole state. The environment is not read here: the binary says where the state root
//! is and how a supervisor is started.
//!
//! Artifacts hold a Linux program, so on any other system every call is refused with the reason.

mod config;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
pub mod limits;
#[cfg(target_os = "linux")]
mod linux;

pub use config::{Config, KINDS, TARGET, schema};

/// What is done with a service of this name that another project deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// It is left as it is, and the call is refused.
    Refuse,
    /// It becomes this project's.
    Adopt,
}

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Local, SuperviseError, end_with_parent, supervise};
#[cfg(target_os = "linux")]
pub use linux::{Local, SuperviseError, end_with_parent, supervise};
