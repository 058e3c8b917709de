//! Waits on this thread for what goes on elsewhere.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;

/// What calls run on.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("could not start waiting: {error}")))
}

/// Waits for one call.
pub(crate) fn wait<F: Future>(call: F) -> Result<F::Output, Failure> {
    Ok(runtime()?.block_on(call))
}
