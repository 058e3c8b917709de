//! Azure Resource Manager: one interface to everything that exists, by its id. Long operations are
//! waited for. A maintained management crate could take the place of [`Arm`].

mod answer;
mod client;
mod id;
mod operation;
#[cfg(test)]
mod tests;
mod tries;
mod versions;

pub(crate) use client::{Arm, Call};
pub(crate) use id::Id;
