//! The hosts where services answer, and a way to really run what is deployed.

mod pages;
mod service;
mod token;

#[cfg(test)]
mod tests;

pub(in crate::gcp) use service::serve;
