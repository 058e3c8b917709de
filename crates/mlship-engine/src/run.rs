//! Starts an image under caps.

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{CreateContainerOptions, StartContainerOptions};

use crate::caps::Caps;
use crate::connect::Engine;
use crate::error::EngineError;
use crate::running::Running;

/// What is run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The image's id or name.
    pub image: String,
    /// What is added to the image's environment.
    pub environment: Vec<(String, String)>,
    /// What it runs as, `uid:gid`; as the image says when `None`.
    pub user: Option<String>,
    /// What it may use.
    pub caps: Caps,
}

impl Engine {
    /// Starts a container. It is removed with the value that is given back.
    ///
    /// # Errors
    /// When there is no such image, or its program cannot be started.
    pub async fn run(&self, container: &Container) -> Result<Running, EngineError> {
        let refused = EngineError::refused;
        let environment =
            container.environment.iter().map(|(name, value)| format!("{name}={value}"));
        let body = ContainerCreateBody {
            image: Some(container.image.clone()),
            env: Some(environment.collect()),
            user: container.user.clone(),
            host_config: Some(container.caps.host_config()),
            ..ContainerCreateBody::default()
        };
        let created = self.docker.create_container(None::<CreateContainerOptions>, body).await;
        let id = created.map_err(refused("make a container of the image"))?.id;
        let running = Running::new(self.docker.clone(), id, container.caps.memory_mb);
        let started =
            self.docker.start_container(running.id(), None::<StartContainerOptions>).await;
        started.map_err(refused("start the image's program"))?;
        Ok(running)
    }
}
