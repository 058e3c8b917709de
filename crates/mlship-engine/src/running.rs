//! A container that runs: what it writes, how it ends, and that nothing of it stays.

use std::fmt;
use std::thread;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error as Cause;
use bollard::query_parameters::{
    InspectContainerOptions, LogsOptions, RemoveContainerOptions, StopContainerOptions,
    WaitContainerOptions,
};
use futures_util::StreamExt;

use crate::error::EngineError;

/// How long a program may take to end when it is asked to, in seconds.
const GRACE_S: i32 = 2;

/// The code that a program ends with when it is killed: 128 and the signal.
const KILLED: i64 = 128 + 9;

/// A container. It is removed when this value is dropped, whether it has ended or not.
#[derive(Debug)]
pub struct Running {
    docker: Docker,
    id: Option<String>,
    memory_mb: u32,
}

/// How a container ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its program ended with this code; 128 and more is the number of a signal.
    Exited(i64),
    /// It wanted more memory than it may have.
    OutOfMemory {
        /// What it may have, in MiB.
        memory_mb: u32,
    },
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Its stdout.
    Out,
    /// Its stderr.
    Err,
}

/// Something that a container wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where to.
    pub stream: Stream,
    /// What, with its end of line.
    pub text: String,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(0) => f.write_str("its program ended"),
            Self::Exited(KILLED) => f.write_str("its program was killed"),
            Self::Exited(code) => write!(f, "its program ended with code {code}"),
            Self::OutOfMemory { memory_mb } => write!(
                f,
                "its program was killed for it needed more than {memory_mb} MB of memory; raise \
                 `resources.memory-mb`"
            ),
        }
    }
}

impl Running {
    pub(crate) fn new(docker: Docker, id: String, memory_mb: u32) -> Self {
        Self { docker, id: Some(id), memory_mb }
    }

    /// The engine's name for it.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Hands everything that it writes to `to`, from its start to its end.
    ///
    /// # Errors
    /// When the engine goes away.
    pub async fn logs(&self, mut to: impl FnMut(Line)) -> Result<(), EngineError> {
        let options =
            LogsOptions { follow: true, stdout: true, stderr: true, ..LogsOptions::default() };
        let mut lines = Box::pin(self.docker.logs(self.id(), Some(options)));
        while let Some(line) = lines.next().await {
            let line = line.map_err(EngineError::refused("read what the container writes"))?;
            let stream = match line {
                LogOutput::StdErr { .. } => Stream::Err,
                _ => Stream::Out,
            };
            to(Line { stream, text: line.to_string() });
        }
        Ok(())
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// When the engine goes away.
    pub async fn wait(&self) -> Result<End, EngineError> {
        let refused = EngineError::refused;
        let options = WaitContainerOptions { condition: "not-running".to_owned() };
        let mut ends = Box::pin(self.docker.wait_container(self.id(), Some(options)));
        let code = match ends.next().await {
            Some(Ok(end)) => end.status_code,
            // How the client tells a code other than 0.
            Some(Err(Cause::DockerContainerWaitError { code, error })) if error.is_empty() => code,
            Some(Err(error)) => return Err(refused("wait for the container")(error)),
            None => KILLED,
        };
        let found = self.docker.inspect_container(self.id(), None::<InspectContainerOptions>);
        let state = found.await.map_err(refused("look at the container"))?.state;
        match state.and_then(|state| state.oom_killed) {
            Some(true) => Ok(End::OutOfMemory { memory_mb: self.memory_mb }),
            _ => Ok(End::Exited(code)),
        }
    }

    /// Asks it to end, kills it when it does not, and removes it.
    ///
    /// # Errors
    /// When the engine fails; it is tried once more when this value is dropped.
    pub async fn stop(mut self) -> Result<(), EngineError> {
        let options = StopContainerOptions { t: Some(GRACE_S), ..StopContainerOptions::default() };
        let stopped = self.docker.stop_container(self.id(), Some(options)).await;
        let removed = remove(&self.docker, self.id()).await;
        removed.map_err(EngineError::refused("remove the container"))?;
        self.id = None;
        match stopped {
            // It had ended by itself.
            Err(Cause::DockerResponseServerError { status_code: 304, .. }) | Ok(()) => Ok(()),
            Err(error) => Err(EngineError::refused("stop the container")(error)),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let docker = self.docker.clone();
        // On a thread, for a runtime that waits here already cannot wait once more.
        let removal = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| runtime.block_on(remove(&docker, &id)))
        });
        let _ = removal.join();
    }
}

async fn remove(docker: &Docker, id: &str) -> Result<(), Cause> {
    let options = RemoveContainerOptions { force: true, v: true, ..Default::default() };
    match docker.remove_container(id, Some(options)).await {
        Err(Cause::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
        other => other,
    }
}
