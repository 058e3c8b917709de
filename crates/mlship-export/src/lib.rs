//! A trained model of another framework to ONNX, in an environment made for it, with proof: both
//! answer the same rows, and the answers are compared.
//!
//! Loading such a file may run code. [`trust`] says what it would run, from the file's own opcodes;
//! [`export`] loads it in a process of its own, [without a network](Sandbox).

mod definition;
mod environment;
mod error;
mod export;
mod order;
mod recipe;
mod report;
mod sandbox;
mod trust;
mod uv;

pub use definition::Definition;
pub use environment::Environment;
pub use error::ExportError;
pub use export::export;
pub use order::{Order, ROWS, TOLERANCE};
pub use recipe::{Builds, Loader, Recipe, recipe};
pub use report::{Output, Report, Row};
pub use sandbox::Sandbox;
pub use trust::{Trust, foreign, trust};
