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
pub mod limits;

#[cfg(target_os = "linux")]
mod apply;
#[cfg(target_os = "linux")]
mod candidate;
#[cfg(target_os = "linux")]
mod clock;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod failure;
#[cfg(target_os = "linux")]
mod folder;
#[cfg(target_os = "linux")]
mod http;
#[cfg(target_os = "linux")]
mod identity;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod lines;
#[cfg(target_os = "linux")]
mod local;
#[cfg(target_os = "linux")]
mod observe;
#[cfg(target_os = "linux")]
mod plan;
#[cfg(target_os = "linux")]
mod record;
#[cfg(target_os = "linux")]
mod remove;
#[cfg(target_os = "linux")]
mod start;
#[cfg(target_os = "linux")]
mod strays;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod unpack;

pub use config::{Config, KINDS, TARGET, schema};
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Local, SuperviseError, supervise};
#[cfg(target_os = "linux")]
pub use local::Local;
#[cfg(target_os = "linux")]
pub use supervisor::{SuperviseError, supervise};
