//! Reads `limits.toml`: at build time into Rust, so that nothing is parsed at run time; at run
//! time only the file with which a user overrides numbers.
//!
//! A number without value, force, page and date does not get through. Nothing here decides what
//! fits: that is `mlship_core::limits`.

mod date;
mod emit;
mod generate;
mod numbers;
mod overrides;
pub mod page;
mod read;
mod tree;

pub use date::Date;
pub use generate::{GenerateError, build, generate};
pub use overrides::apply_override;
pub use read::read;
