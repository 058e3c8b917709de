//! The hosts where services answer, and a way to really run what is deployed.

mod pages;
mod run;
mod service;
mod token;

#[cfg(test)]
mod tests;

pub use run::run;
pub(in crate::gcp) use service::serve;
