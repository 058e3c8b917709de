//! The limits of every provider, as their files say them.

mod advice;
mod boundary;
mod grid;
mod kinds;
mod overrides;
mod page;
mod support;
