//! Makes the provider's errors: kind, operation, resource, reason. Says nothing to the user itself.

use std::error::Error;
use std::io;

use mlship_core::provider::{ErrorKind, ProviderError};

/// What was being done to which service, so that every failure in it names both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    operation: &'static str,
    name: &'a str,
}

impl<'a> Task<'a> {
    pub(crate) fn new(operation: &'static str, name: &'a str) -> Self {
        Self { operation, name }
    }

    /// A failure of this task.
    pub(crate) fn failed(self, kind: ErrorKind, reason: impl Into<String>) -> ProviderError {
        ProviderError::new(kind, crate::TARGET, self.operation, self.name, reason)
    }

    /// A failure of the machine while `doing`: disk, process table, network.
    pub(crate) fn io(self, doing: &'static str) -> impl Fn(io::Error) -> ProviderError {
        move |source| {
            let kind = match source.kind() {
                io::ErrorKind::PermissionDenied => ErrorKind::Denied,
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Quota,
                _ => ErrorKind::Failed,
            };
            self.failed(kind, format!("{doing}: {source}")).because(source)
        }
    }
}

/// Adds to an error what a reader can do, and its cause.
pub(crate) trait Explain {
    fn hint(self, hint: impl Into<String>) -> Self;
    fn because(self, source: impl Error + Send + Sync + 'static) -> Self;
}

impl Explain for ProviderError {
    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }
}
