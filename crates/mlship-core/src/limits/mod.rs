//! What a provider allows, what a project needs, and whether the one fits the other.
//!
//! Pure: no file, clock or network. The numbers are data that each provider brings, every one
//! with its page, its date and its force.

pub mod advice;
pub mod check;
pub mod grid;
pub mod kind;
pub mod machine;
pub mod need;
pub mod numbers;
pub mod text;
pub mod verdict;
pub mod words;

pub use advice::{Advice, Change, advise};
pub use check::check;
pub use grid::Grid;
pub use kind::{
    Architecture, CpuTier, CpuTiers, Force, Limit, Limits, Native, Note, Packing, Scratch, Sizes,
    Source,
};
pub use machine::Machine;
pub use need::{Amount, Chosen, Need, Origin, Size};
pub use numbers::Numbers;
pub use verdict::{Comparison, Granted, Measure, Mismatch, Remark, RemarkKind, Verdict};
