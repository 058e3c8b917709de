//! The rules of Cloud Run, without a server.

mod lifecycle;
mod rules;
mod traffic;
mod world;
