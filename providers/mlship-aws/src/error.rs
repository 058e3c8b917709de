//! The SDK's errors in the port's words: a kind, what was tried, why, and what the reader can do.

use std::error::Error;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use mlship_core::provider::{ErrorKind, ProviderError, phrase, plain};

use crate::NAME;

/// An error of our own.
pub(crate) fn failed(
    kind: ErrorKind,
    operation: &str,
    resource: &str,
    reason: impl Into<String>,
) -> ProviderError {
    ProviderError::new(kind, NAME, operation, resource, reason)
}

/// The refusal to touch what mlship did not make.
pub(crate) fn foreign(operation: &str, what: &str, name: &str) -> ProviderError {
    ProviderError::foreign(NAME, operation, what, name)
}

/// Names what a call was for, should it have failed.
pub(crate) trait Outcome<T> {
    /// The answer, or the error in the port's words.
    fn doing(self, operation: &str, resource: &str) -> Result<T, ProviderError>;
    /// The same, with `None` when the thing is not there.
    fn if_there(self, operation: &str, resource: &str) -> Result<Option<T>, ProviderError>;
}

impl<T, E> Outcome<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn doing(self, operation: &str, resource: &str) -> Result<T, ProviderError> {
        self.map_err(|error| translate(error, operation, resource))
    }

    fn if_there(self, operation: &str, resource: &str) -> Result<Option<T>, ProviderError> {
        match self.doing(operation, resource) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn translate<E>(error: SdkError<E, HttpResponse>, operation: &str, resource: &str) -> ProviderError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let service = error.as_service_error().map(ProvideErrorMetadata::meta);
    let code = service.and_then(|meta| meta.code()).unwrap_or_default();
    let kind = match &error {
        SdkError::ServiceError(_) => kind_of(code, status.unwrap_or_default()),
        SdkError::ConstructionFailure(_) => ErrorKind::Refused,
        _ => ErrorKind::Unavailable,
    };
    let reason = match (service.and_then(|meta| meta.message()), &error) {
        (Some(message), _) if !message.is_empty() => phrase(message),
        (_, SdkError::ServiceError(_)) => plain(kind, status),
        (_, SdkError::TimeoutError(_)) => "no answer in time".to_owned(),
        (_, SdkError::DispatchFailure(_)) => "the connection failed".to_owned(),
        (_, SdkError::ConstructionFailure(_)) => "the request could not be made".to_owned(),
        _ => "the answer could not be read".to_owned(),
    };
    let mut failure = failed(kind, operation, resource, reason);
    failure.hints = hints(kind, code);
    failure.source = Some(Box::new(error));
    failure
}

fn kind_of(code: &str, status: u16) -> ErrorKind {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "AuthFailure"
        | "OptInRequired" => ErrorKind::Denied,
        "ResourceNotFoundException"
        | "NoSuchEntity"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "RepositoryNotFoundException"
        | "RepositoryPolicyNotFoundException"
        | "LifecyclePolicyNotFoundException"
        | "ImageNotFoundException"
        | "NotFound" => ErrorKind::NotFound,
        "ResourceConflictException"
        | "EntityAlreadyExists"
        | "RepositoryAlreadyExistsException"
        | "ResourceAlreadyExistsException"
        | "BucketAlreadyOwnedByYou"
        | "BucketAlreadyExists"
        | "PreconditionFailedException"
        | "PreconditionFailed"
        | "ConcurrentModification"
        | "OperationAborted"
        | "OperationAbortedException"
        | "DeleteConflict"
        | "BucketNotEmpty" => ErrorKind::Conflict,
        "TooManyRequestsException"
        | "Throttling"
        | "ThrottlingException"
        | "SlowDown"
        | "RequestLimitExceeded"
        | "EC2ThrottledException" => ErrorKind::Throttled,
        "CodeStorageExceededException"
        | "LimitExceeded"
        | "LimitExceededException"
        | "TooManyBuckets" => ErrorKind::Quota,
        _ => ErrorKind::of_status(status),
    }
}

fn hints(kind: ErrorKind, code: &str) -> Vec<String> {
    let hint = match (kind, code) {
        (ErrorKind::Denied, code) if code.starts_with("Expired") || code == "RequestExpired" => {
            "the credentials are too old; sign in again, for example with `aws sso login`"
        }
        (ErrorKind::Denied, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation") => {
            "ask for the permission named here, or sign in with another `profile: …`"
        }
        (ErrorKind::Denied, _) => "check the credentials with `aws sts get-caller-identity`",
        (ErrorKind::Throttled, _) => "wait a minute and run the same command again",
        (ErrorKind::Unavailable, _) => "run the same command again; it goes on where it stopped",
        (ErrorKind::Quota, _) => "ask for a higher quota, or remove what is no longer needed",
        (ErrorKind::Conflict, "DeleteConflict") => {
            "something was added by hand; take it off and run the same command again"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_is_judged_by_its_status() {
        assert_eq!(kind_of("", 404), ErrorKind::NotFound);
        assert_eq!(kind_of("ServiceException", 500), ErrorKind::Unavailable);
        assert_eq!(kind_of("InvalidParameterValueException", 400), ErrorKind::Refused);
        assert_eq!(kind_of("ThrottlingException", 400), ErrorKind::Throttled);
    }
}
