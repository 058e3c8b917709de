//! Compiled tokenizers give what the `tokenizers` crate gives, on every character and on a large
//! text of all sorts; damaged ones fail and do not panic.
#![expect(clippy::unwrap_used, reason = "a test ends where it cannot go on")]

mod corpus;
mod damaged;
mod equal;
mod fallback;
mod files;
mod refused;
mod unicode;
