//! The provider where it works: on Linux, whose programs the artifacts hold.

mod apply;
mod candidate;
mod clock;
mod failure;
mod folder;
mod http;
mod identity;
mod launch;
mod lines;
mod local;
mod observe;
mod owner;
mod plan;
mod record;
mod remove;
mod start;
mod strays;
mod supervisor;
mod system;
mod unpack;

pub use local::Local;
pub use supervisor::{SuperviseError, supervise};
pub use system::end_with_parent;
