//! `Microsoft.Web`: plans, sites and their slots, and the hosts that sites have: one where they
//! answer, one (`scm`) where they are deployed to.

mod access;
mod actions;
mod body;
mod config;
mod deployment;
mod error;
mod host;
mod keys;
mod package;
mod plans;
mod provider;
mod running;
mod scm;
mod site;
mod skus;
mod swap;

pub(super) use self::host::{call, serve as sites};
pub(super) use self::plans::Plans;
pub(super) use self::scm::serve as scm;
pub(super) use self::site::{Sites, Slots};

const SITES: &str = "Microsoft.Web/sites";
const SLOTS: &str = "Microsoft.Web/sites/slots";
const PLANS: &str = "Microsoft.Web/serverfarms";
const VERSIONS: &[&str] = &[
    "2018-11-01",
    "2022-03-01",
    "2023-01-01",
    "2023-12-01",
    "2024-04-01",
    "2024-11-01",
    "2025-03-01",
    "2025-05-01",
];

/// The function of an artifact that a path without its query is for, and its bindings for the
/// request and the answer.
pub(super) fn function_of(
    artifact: &[u8],
    method: &str,
    path: &str,
) -> Option<(String, [String; 2])> {
    let found = package::read(artifact);
    let function = found.function(method, path)?;
    Some((function.name.clone(), function.bindings.clone()))
}
