//! Images built and run by a Docker Engine, where one is there. Sends nothing to a registry and
//! knows no provider.

mod build;
mod caps;
mod connect;
mod error;
mod images;
mod run;
mod running;
mod written;

pub use crate::caps::{Caps, Network, Root};
pub use crate::connect::{DEFAULT_ADDRESS, Engine};
pub use crate::error::EngineError;
pub use crate::run::Container;
pub use crate::running::{End, Line, Running, Stream};
