//! What registries answer, in the errors' words.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use crate::connection::SILENCE;
use crate::error::{ErrorKind, RegistryError};
use crate::pace::Failure;

/// The most that is read of an error, in bytes.
const ERROR: u64 = 64 << 10;

/// The most that is said of one, in letters.
const WORDS: usize = 300;

/// What a call is for: `read the manifest`, of what.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) resource: String,
}

impl Call {
    pub(crate) fn new(operation: &'static str, resource: impl std::fmt::Display) -> Self {
        Self { operation, resource: resource.to_string() }
    }

    pub(crate) fn error(&self, kind: ErrorKind, reason: impl Into<String>) -> RegistryError {
        RegistryError::new(kind, self.operation, &self.resource, reason)
    }

    /// The connection failed.
    pub(crate) fn broken(&self, error: reqwest::Error) -> Failure {
        // Addresses of uploads open them to whoever reads them.
        let error = error.without_url();
        let untrusted = is_untrusted(&error);
        let lasts = untrusted || error.is_builder();
        let kind = if lasts { ErrorKind::Refused } else { ErrorKind::Unavailable };
        let failed = self.error(kind, words(&error)).with_source(error);
        let hint = "add the issuer of the registry's certificate to those that the system trusts";
        if untrusted { failed.with_hint(hint).into() } else { failed.into() }
    }

    /// Nothing came for so long.
    pub(crate) fn silent(&self, time: Duration) -> Failure {
        let reason = format!("the registry was silent for {} seconds", time.as_secs());
        self.error(ErrorKind::Unavailable, reason).into()
    }

    /// An answer that is none of those hoped for.
    pub(crate) async fn refused(&self, response: Response) -> RegistryError {
        let status = response.status();
        let body = body(self, response, ERROR).await.unwrap_or_default();
        let errors = serde_json::from_slice::<Errors>(&body).unwrap_or_default().errors;
        let first = errors.first();
        let code = first.map(|error| error.code.as_str()).unwrap_or_default();
        let mut reason = format!("the registry answered {}", status.as_u16());
        if let Some(said) = first.map(Problem::said).filter(|said| !said.is_empty()) {
            reason.push_str(&format!(": {said}"));
        }
        let error = self.error(kind(status, code), reason);
        match error.kind {
            ErrorKind::Denied => error.with_hint("log in: `docker login`, or a credential helper"),
            _ => error,
        }
    }
}

/// An answer that stands; an error when the login or a wait must mend it.
pub(crate) async fn lasting(call: &Call, response: Response) -> Result<Response, Failure> {
    let wait = retry_after(response.headers());
    let kind = kind(response.status(), "");
    let passes = matches!(kind, ErrorKind::Unavailable | ErrorKind::Throttled);
    if passes || kind == ErrorKind::Denied {
        return Err(Failure::new(call.refused(response).await, wait));
    }
    Ok(response)
}

/// A small document, whole.
pub(crate) async fn document(
    call: &Call,
    response: Response,
    limit: u64,
) -> Result<(HeaderMap, Vec<u8>), Failure> {
    if response.status() != StatusCode::OK {
        return Err(call.refused(response).await.into());
    }
    let headers = response.headers().clone();
    Ok((headers, body(call, response, limit).await?))
}

/// The next piece of an answer; `None` at its end.
pub(crate) async fn piece(
    call: &Call,
    response: &mut Response,
) -> Result<Option<bytes::Bytes>, Failure> {
    match tokio::time::timeout(SILENCE, response.chunk()).await {
        Ok(piece) => piece.map_err(|error| call.broken(error)),
        Err(_) => Err(call.silent(SILENCE)),
    }
}

/// An error and its causes in one phrase.
pub(crate) fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(&format!(": {cause_text}"));
        }
        next = cause.source();
    }
    text
}

/// Whether the registry's certificate is not trusted: no wait mends that.
fn is_untrusted(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let tls = error.downcast_ref::<rustls::Error>();
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        // An error of IO does not name what it wraps as its source.
        next = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    false
}

async fn body(call: &Call, mut response: Response, limit: u64) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = piece(call, &mut response).await? {
        if (body.len() + piece.len()) as u64 > limit {
            let reason = format!("the answer is larger than {limit} bytes");
            return Err(call.error(ErrorKind::Refused, reason).into());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The codes are those of
/// <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>.
fn kind(status: StatusCode, code: &str) -> ErrorKind {
    match (status.as_u16(), code) {
        (_, "DIGEST_INVALID") => ErrorKind::Digest,
        (401 | 403, _) => ErrorKind::Denied,
        (404, _) => ErrorKind::NotFound,
        (409, _) => ErrorKind::Conflict,
        (429, _) => ErrorKind::Throttled,
        (408 | 500 | 502..=504 | 507..=599, _) => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

#[derive(Deserialize, Default)]
struct Errors {
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Problem {
    /// What it says, in one printable line.
    fn said(&self) -> String {
        let text = if self.message.is_empty() { &self.code } else { &self.message };
        let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
        line.take(WORDS).collect::<String>().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_found_under_other_errors() {
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, unknown));
        assert!(is_untrusted(&wrapped));
        let cut = io::Error::other(rustls::Error::HandshakeNotComplete);
        assert!(!is_untrusted(&cut));
    }

    #[test]
    fn what_registries_say_is_one_short_line() {
        let problem =
            Problem { code: "X".into(), message: format!("a\n\u{1b}[31m{}", "b".repeat(999)) };
        let said = problem.said();
        assert!(said.starts_with("a  [31mbbb") && said.len() == WORDS, "{said}");
    }
}
