//! Why a registry did not do something. No error carries a secret or an upload's address.

use std::error::Error;
use std::fmt;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The login is missing, wrong, or not enough.
    Denied,
    /// There is no such image, layer or repository.
    NotFound,
    /// The image is for another platform.
    Platform,
    /// Bytes are not those that their digest names.
    Digest,
    /// The registry cannot be reached, cuts connections or fails.
    Unavailable,
    /// The registry says that these are too many requests.
    Throttled,
    /// Somebody else is changing the same: the same request may be taken in a moment.
    Conflict,
    /// The registry does not take the request, or answers what cannot be used.
    Refused,
    /// Something on this machine: a file, a setting, a name that is not one.
    Local,
}

/// Why something could not be done with a registry.
#[derive(Debug)]
pub struct RegistryError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// What was tried: `read the manifest`.
    pub operation: String,
    /// Of what: an image's name, a digest, a path.
    pub resource: String,
    /// Why, in the registry's words or ours; one lower-case phrase.
    pub reason: String,
    /// What the reader can do.
    pub hints: Vec<String>,
    /// The cause.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl RegistryError {
    pub(crate) fn new(
        kind: ErrorKind,
        operation: &str,
        resource: impl fmt::Display,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            operation: operation.into(),
            resource: resource.to_string(),
            reason: reason.into(),
            hints: Vec::new(),
            source: None,
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the file system refused.
    pub(crate) fn file(operation: &str, path: &std::path::Path, error: std::io::Error) -> Self {
        Self::new(ErrorKind::Local, operation, path.display(), error.to_string()).with_source(error)
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, resource, reason, .. } = self;
        write!(f, "could not {operation} `{resource}`: {reason}")
    }
}

impl Error for RegistryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}
