//! Pickles, scanned and never run.

mod bytes;
mod danger;
mod found;
mod package;
mod python;
mod scan;
mod value;

pub(crate) use bytes::Stop;
pub(crate) use found::Found;
pub(crate) use scan::scan;
