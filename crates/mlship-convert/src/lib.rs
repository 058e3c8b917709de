//! A model to a smaller one of the same form: weights as 8-bit integers or 16-bit floats.
//!
//! Runs no model: what a conversion costs in accuracy is measured by whoever asks for it.

mod changes;
mod error;
mod f16;
mod file;
mod int8;
mod integers;
mod node;
mod rope;
mod weights;

pub use error::ConvertError;
pub use weights::{Converted, Weights, convert};
