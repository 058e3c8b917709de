//! `inspect` on real model files, on damaged ones, and on files made to hurt.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod advice;
mod damage;
mod formats;
mod hostile;
mod pickles;
mod setup;
mod signatures;
