//! The container half, driven over HTTP as a deployment drives it.

mod apps;
mod groups;
mod registry;
mod sites;
mod world;
