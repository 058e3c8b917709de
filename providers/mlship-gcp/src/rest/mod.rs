//! The APIs of Google Cloud that the vendor's clients here do not speak, as plain calls.

mod client;
mod json;
pub(crate) mod logging;
pub(crate) mod registry;
pub(crate) mod storage;
pub(crate) mod usage;

pub(crate) use client::{Api, Rest};
