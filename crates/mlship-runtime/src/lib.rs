//! Loads a bundle and answers predictions, on every host.
//!
//! No cloud SDK, no command-line parser and nothing of the tool is linked in here.

pub mod bundle;
pub mod classical;
pub mod engine;
pub mod host;
pub mod problem;
pub mod request;
pub mod service;
pub mod tensor;
pub mod text;

mod answer;
mod load;
mod nearest;
#[cfg(feature = "neural")]
mod neural;

pub use load::ENGINES;
