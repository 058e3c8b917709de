//! The client against a real registry, whole and broken.

mod base;
mod faults;
mod fetch;
mod image;
mod killed;
mod logins;
mod pieces;
mod push;
mod stage;
