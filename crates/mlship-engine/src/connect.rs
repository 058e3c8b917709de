//! Finds an engine and agrees with it on a version of its API.

use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};

use crate::error::{EngineError, words};

/// Where an engine listens unless told otherwise.
pub const DEFAULT_ADDRESS: &str = "unix:///var/run/docker.sock";

/// How long an engine may take to begin an answer. Reading gigabytes comes before some of them.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// How long the first answer may take.
const GREETING: Duration = Duration::from_secs(20);

/// A Docker Engine, or what speaks its API.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) docker: Docker,
}

impl Engine {
    /// Connects to the engine at `address` (`unix:///…`), or where engines listen by default.
    ///
    /// # Errors
    /// When the address is of another kind, or nothing answers there.
    pub async fn connect(address: Option<&str>) -> Result<Self, EngineError> {
        let address = address.filter(|address| !address.is_empty()).unwrap_or(DEFAULT_ADDRESS);
        if !address.starts_with("unix://") {
            return Err(EngineError::Address { address: address.to_owned() });
        }
        let none = |cause| EngineError::NoEngine { address: address.to_owned(), cause };
        let docker = Docker::connect_with_unix(address, GREETING.as_secs(), API_DEFAULT_VERSION)
            .map_err(|error| none(words(&error)))?;
        let docker = docker.negotiate_version().await.map_err(|error| none(words(&error)))?;
        Ok(Self { docker: docker.with_timeout(PATIENCE) })
    }
}
