//! AWS for tests: moto as a process, and in front of it a proxy that records every call, makes up
//! for what moto does not do as AWS does, and fails on demand.

mod aliases;
pub mod call;
pub mod conformance;
pub mod emulator;
mod faithful;
pub mod faults;
mod http;
mod images;
pub mod moto;
mod parts;
pub mod proxy;
mod registry;
