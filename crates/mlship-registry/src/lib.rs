//! Images to and from container registries, without a daemon: logs in, reads a base image, sends
//! what a registry lacks, removes what is no longer needed. Builds no image and knows no provider.

mod answer;
mod base;
mod blob;
mod connection;
mod digest;
mod error;
mod fetch;
pub mod http;
mod layout;
mod login;
pub mod logins;
mod manifest;
mod pace;
mod platform;
mod push;
mod reference;
mod tidy;
mod token;
mod upload;
mod verified;

pub use base::pull_base;
pub use digest::hex;
pub use error::{ErrorKind, RegistryError};
pub use fetch::fetch_layers;
pub use login::Login;
pub use platform::Platform;
pub use push::{Pushed, push};
pub use reference::Reference;
pub use tidy::{look, remove, tags};
