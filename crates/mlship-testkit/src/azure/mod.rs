//! Azure for tests.

pub mod judges;
pub mod sequence;
