//! Loads a bundle and answers predictions, on every host.
//!
//! No cloud SDK, no command-line parser and nothing of the tool is linked in here.

pub mod bundle;
pub mod classical;
pub mod engine;
pub mod fetch;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
pub mod host;
pub mod machine;
pub mod measure;
pub mod notice;
pub mod origin;
pub mod policy;
pub mod problem;
pub mod request;
pub mod service;
pub mod setup;
pub mod tensor;
pub mod text;

mod answer;
mod clock;
#[cfg(feature = "networks")]
mod half;
mod load;
mod nearest;
#[cfg(feature = "neural")]
mod neural;
#[cfg(feature = "onnxruntime")]
mod onnxruntime;
#[cfg(feature = "image")]
mod picture;
#[cfg(feature = "networks")]
mod wide;
#[cfg(feature = "worker")]
mod worker;

pub use load::engines;
#[cfg(feature = "worker")]
pub use worker::end_all as end_workers;
