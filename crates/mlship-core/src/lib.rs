//! What mlship talks about, and the port that a provider plugs into.
//!
//! Plain types and pure functions. No file, network, clock, environment or SDK is touched here,
//! and no cloud's own word is used.

pub mod artifact;
pub mod deployment;
pub mod finding;
pub mod image;
pub mod limits;
pub mod node;
pub mod notice;
pub mod partial;
pub mod picture;
pub mod plan;
pub mod progress;
pub mod project;
pub mod provider;
pub mod reader;
pub mod release;
pub mod sample;
pub mod share;
pub mod stage;
pub mod stamp;
pub mod traffic;
