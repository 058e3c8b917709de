//! Why a provider could not do something: a kind, what was tried, why, and what the reader can do.

use std::error::Error;
use std::fmt;

/// What went wrong, in neutral words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// No credentials, or they are not allowed to do this.
    Denied,
    /// It is not there.
    NotFound,
    /// Somebody else changes it, or it is not what was planned for.
    Conflict,
    /// Too many calls.
    Throttled,
    /// A quota of the account is used up.
    Quota,
    /// No answer, or the provider's own fault.
    Unavailable,
    /// The provider did it, and it does not work.
    Failed,
    /// The new version answered the samples wrongly.
    Verification,
    /// The provider refused the request.
    Refused,
}

impl ErrorKind {
    /// What the status of an HTTP answer means by itself. A provider's own code says more.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            404 => Self::NotFound,
            409 | 412 => Self::Conflict,
            429 => Self::Throttled,
            500.. => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

/// Why a provider could not do something. The SDK's own error is the source.
#[derive(Debug)]
pub struct ProviderError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// `aws`, ….
    pub provider: &'static str,
    /// What was tried: `create the function`.
    pub operation: String,
    /// To what: the function's name.
    pub resource: String,
    /// Why, in the provider's words or ours; one lower-case phrase.
    pub reason: String,
    /// What the reader can do.
    pub hints: Vec<String>,
    /// The cause.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl ProviderError {
    /// An error without hints or a cause.
    pub fn new(
        kind: ErrorKind,
        provider: &'static str,
        operation: impl Into<String>,
        resource: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            provider,
            operation: operation.into(),
            resource: resource.into(),
            reason: reason.into(),
            hints: Vec::new(),
            source: None,
        }
    }

    /// The refusal to touch what mlship did not make: `what` is `function`, `name` its name.
    pub fn foreign(provider: &'static str, operation: &str, what: &str, name: &str) -> Self {
        let reason = format!("the {what} exists and was not made by mlship for this service");
        let hint = format!("rename the service, or remove the {what} `{name}` yourself");
        Self::new(ErrorKind::Conflict, provider, operation, name, reason).with_hint(hint)
    }

    /// The same error with one more hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { provider, operation, resource, reason, .. } = self;
        write!(f, "could not {operation} `{resource}` on {provider}: {reason}")
    }
}

impl Error for ProviderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_the_same_everywhere() {
        let kinds = [400, 401, 403, 404, 409, 412, 429, 500, 503].map(ErrorKind::of_status);
        let expected = [
            ErrorKind::Refused,
            ErrorKind::Denied,
            ErrorKind::Denied,
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::Conflict,
            ErrorKind::Throttled,
            ErrorKind::Unavailable,
            ErrorKind::Unavailable,
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn what_mlship_did_not_make_is_named() {
        let error = ProviderError::foreign("here", "make the role", "role", "heart");
        assert_eq!(error.kind, ErrorKind::Conflict);
        let expected = "could not make the role `heart` on here: the role exists and was not made \
                        by mlship for this service";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.hints, ["rename the service, or remove the role `heart` yourself"]);
    }
}
