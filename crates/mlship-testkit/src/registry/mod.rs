//! A container registry of the test's own, and a proxy that breaks it on demand.

pub mod call;
pub mod faults;
mod gate;
mod http;
mod layers;
mod process;
mod proxy;

pub use call::Call;
pub use gate::{Gate, IDENTITY};
pub use layers::{get, layers};
pub use process::{PASSWORD, Registry, USER};
pub use proxy::Proxy;
