//! What is done with a Docker Engine, waited for.

use std::future::Future;

use mlship_engine::EngineError;

use crate::failure::Failure;

/// Waits for what an engine does.
pub(crate) fn wait<T>(
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<Result<T, EngineError>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(format!("could not start waiting: {error}")))?;
    Ok(runtime.block_on(work))
}
