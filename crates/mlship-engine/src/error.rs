//! Why an engine could not do something.

use std::io;

use bollard::errors::Error as Cause;

/// Why an engine could not do something.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No engine answers.
    #[error("no Docker Engine answers at `{address}`: {cause}")]
    NoEngine {
        /// Where one was looked for.
        address: String,
        /// Why it could not be spoken to, in words.
        cause: String,
    },
    /// The address is of a kind that is not spoken.
    #[error("`{address}` is not an address of a Docker Engine on this machine")]
    Address {
        /// As given.
        address: String,
    },
    /// A Dockerfile could not be built.
    #[error("the Dockerfile cannot be built: {}: {cause}", .step.as_deref().unwrap_or("before its first step"))]
    Build {
        /// The step that failed: `Step 2/3 : COPY model /model`.
        step: Option<String>,
        /// Why, in the engine's words.
        cause: String,
        /// The last lines that the step wrote.
        said: Vec<String>,
    },
    /// A folder or an archive could not be read or written.
    #[error("could not read or write `{path}`")]
    File {
        /// Its path.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// The engine refused or failed.
    #[error("the Docker Engine could not {operation}: {cause}")]
    Refused {
        /// What was asked of it: `run the image`.
        operation: &'static str,
        /// Why, in its words.
        cause: String,
    },
}

impl EngineError {
    /// What the reader can do.
    pub fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self {
            Self::NoEngine { .. } => &[
                "start one (on Debian: apt-get install docker.io), or name it in `DOCKER_HOST`",
                "images are built, pushed and deployed without one; only `image.dockerfile` and \
                 `serve --image` need it",
            ],
            Self::Address { .. } => {
                &["write `unix:///path/of/the.sock`; engines on other machines are not spoken to"]
            }
            _ => &[],
        };
        hints.iter().map(ToString::to_string).collect()
    }

    /// The engine's answer to `operation`, as an error.
    pub(crate) fn refused(operation: &'static str) -> impl Fn(Cause) -> Self {
        move |cause| Self::Refused { operation, cause: words(&cause) }
    }
}

/// An engine's error in its own words, without the client's around them.
pub(crate) fn words(cause: &Cause) -> String {
    let text = match cause {
        Cause::DockerResponseServerError { message, .. } => message.clone(),
        Cause::DockerStreamError { error } => error.clone(),
        Cause::DockerContainerWaitError { error, .. } => error.clone(),
        Cause::SocketNotFoundError(_) => "there is no such socket".to_owned(),
        other => deepest(other),
    };
    text.trim().to_owned()
}

/// What the innermost cause says: the layers above only repeat that a request failed.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}
