//! Packages made smaller and proven, with a real Python: small packages written here, and numpy.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be is a failure")]

mod across;
mod aside;
mod guard;
mod keep;
mod numpy;
mod proof;
mod scene;
#[cfg(target_arch = "x86_64")]
mod stubs;
