//! The APIs of Google Cloud that the vendor's clients here do not speak, as plain calls.

mod client;
pub(crate) mod json;
pub(crate) mod logging;
pub(crate) mod registry;
pub(crate) mod storage;
#[cfg(test)]
mod tests;
pub(crate) mod usage;

pub(crate) use client::{Answer, Api, Broken, Rest, broken};

/// A name as one segment of a path.
pub(crate) fn path(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes().fold(String::new(), |mut path, byte| {
        match plain(byte) {
            true => path.push(byte.into()),
            false => path.push_str(&format!("%{byte:02X}")),
        }
        path
    })
}
