//! Identity tokens, with which a private service is called.
//!
//! Who one is decides how one is had: a service account's key signs for it, the metadata server
//! hands it out, a workload identity and a `caller` get it from IAM Credentials.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use google_cloud_auth::build_errors::Error as BuildError;
use google_cloud_auth::credentials::idtoken::{self, IDTokenCredentials};
use google_cloud_auth::credentials::{Credentials, external_account};
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::connect::{Identity, SCOPE};
use crate::error::{Call, failed};
use crate::rest::{Api, Rest, path};

const OPERATION: &str = "get an identity token for";
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a token is used that does not say when it ends.
const SILENT: Duration = Duration::from_secs(300);
/// The line that helps where one's own account gets no token.
const ADD: &str = "add `caller: NAME@PROJECT.iam.gserviceaccount.com` to `targets.gcp`: an account \
                   that has `roles/run.invoker`, and on which you have \
                   `roles/iam.serviceAccountOpenIdTokenCreator`";

/// Fetches identity tokens, and keeps each until shortly before it expires.
#[derive(Clone)]
pub(crate) struct Callers {
    identity: Identity,
    caller: Option<String>,
    rest: Rest,
    kept: Arc<Mutex<HashMap<String, (String, SystemTime)>>>,
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callers").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Callers {
    pub(crate) fn new(identity: Identity, caller: Option<String>, rest: Rest) -> Self {
        Self { identity, caller, rest, kept: Arc::default() }
    }

    /// A token for a service whose own address (`Service.uri`, never a tag's) is `audience`.
    pub(crate) async fn token(&self, audience: &str) -> Result<String, ProviderError> {
        let now = SystemTime::now();
        if let Some((token, until)) = self.kept().get(audience)
            && now < *until
        {
            return Ok(token.clone());
        }
        let token = self.fetch(audience).await?;
        let until = end(&token).map_or(now + SILENT, |end| end - MARGIN);
        self.kept().insert(audience.to_owned(), (token.clone(), until));
        Ok(token)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, (String, SystemTime)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, audience: &str) -> Result<String, ProviderError> {
        if let Identity::Token { identity: Some(token), .. } = &self.identity {
            return Ok(token.clone());
        }
        if let Some(caller) = &self.caller {
            return generate(&self.rest, caller, audience).await;
        }
        match &self.identity {
            Identity::Json(json) => self.of_json(json, audience).await,
            Identity::Default => {
                let builder = idtoken::Builder::new(audience).with_include_email();
                by_credentials(audience, builder.build()).await
            }
            Identity::Machine => {
                let builder = idtoken::mds::Builder::new(audience);
                let builder = builder.with_format(idtoken::mds::Format::Full);
                by_credentials(audience, builder.build()).await
            }
            Identity::Token { .. } => Err(none(audience, "an access token gives none")),
        }
    }

    async fn of_json(&self, json: &Value, audience: &str) -> Result<String, ProviderError> {
        match json["type"].as_str() {
            Some("authorized_user") => {
                let builder = idtoken::user_account::Builder::new(json.clone());
                by_credentials(audience, builder.build()).await
            }
            Some("impersonated_service_account") => {
                let builder = idtoken::impersonated::Builder::new(audience, json.clone());
                by_credentials(audience, builder.with_include_email().build()).await
            }
            Some("external_account") => self.of_workload(json, audience).await,
            _ => {
                let builder = idtoken::service_account::Builder::new(audience, json.clone());
                by_credentials(audience, builder.build()).await
            }
        }
    }

    /// The federated identity may get tokens of the account that it acts as; that account by
    /// itself need not be allowed to.
    async fn of_workload(&self, json: &Value, audience: &str) -> Result<String, ProviderError> {
        let Some(account) = impersonated(json) else {
            return Err(none(audience, "the workload identity acts as no service account"));
        };
        let mut federated = json.clone();
        if let Some(fields) = federated.as_object_mut() {
            fields.remove("service_account_impersonation_url");
            fields.remove("service_account_impersonation");
        }
        let credentials = external_account::Builder::new(federated).with_scopes([SCOPE]).build();
        let credentials: Credentials = credentials.map_err(|cause| unusable(audience, cause))?;
        generate(&self.rest.as_whom(credentials), account, audience).await
    }
}

/// A token of an account, from IAM Credentials.
async fn generate(rest: &Rest, account: &str, audience: &str) -> Result<String, ProviderError> {
    let call = Call::new(OPERATION, audience);
    let place = format!("v1/projects/-/serviceAccounts/{}:generateIdToken", path(account));
    let body = json!({ "audience": audience, "includeEmail": true });
    let to = (Method::POST, Api::IamCredentials, place.as_str());
    let answer = rest.call(call, to, &[], Some(&body)).await.map_err(|error| {
        let hint = format!("the account that is asked for it is `{account}`");
        error.with_hint(hint)
    })?;
    answer["token"].as_str().map(str::to_owned).ok_or_else(|| none(audience, "none was given"))
}

async fn by_credentials(
    audience: &str,
    credentials: Result<IDTokenCredentials, BuildError>,
) -> Result<String, ProviderError> {
    let credentials = credentials.map_err(|cause| unusable(audience, cause))?;
    credentials.id_token().await.map_err(|cause| {
        let kind = match cause.is_transient() {
            true => ErrorKind::Unavailable,
            false => ErrorKind::Denied,
        };
        let mut error = failed(kind, OPERATION, audience, "none was given").with_hint(ADD);
        error.source = Some(Box::new(cause));
        error
    })
}

fn unusable(audience: &str, cause: BuildError) -> ProviderError {
    let reason = match cause.is_not_supported() {
        true => "these credentials give none",
        false => "the credentials cannot be read",
    };
    let mut error = none(audience, reason);
    error.source = Some(Box::new(cause));
    error
}

fn none(audience: &str, reason: &str) -> ProviderError {
    failed(ErrorKind::Denied, OPERATION, audience, reason).with_hint(ADD)
}

/// The account that a workload identity acts as:
/// `https://…/projects/-/serviceAccounts/x@y:generateAccessToken`.
fn impersonated(json: &Value) -> Option<&str> {
    let url = json["service_account_impersonation_url"].as_str()?;
    let account = url.rsplit_once('/')?.1.split(':').next()?;
    account.contains('@').then_some(account)
}

/// When a token ends, as it says itself.
fn end(token: &str) -> Option<SystemTime> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    UNIX_EPOCH
        .checked_add(Duration::from_secs(claims["exp"].as_u64()?))
        .filter(|end| *end > UNIX_EPOCH + MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_workload_identity_is_in_its_address() {
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\
                   ci@p.iam.gserviceaccount.com:generateAccessToken";
        let json = json!({ "service_account_impersonation_url": url });
        assert_eq!(impersonated(&json), Some("ci@p.iam.gserviceaccount.com"));
        assert_eq!(impersonated(&json!({})), None);
    }

    #[test]
    fn a_token_says_when_it_ends() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1795251600}"#);
        let at = UNIX_EPOCH + Duration::from_secs(1_795_251_600);
        assert_eq!(end(&format!("a.{claims}.b")), Some(at));
        assert_eq!(end("opaque"), None);
        let never = URL_SAFE_NO_PAD.encode(r#"{"exp":1}"#);
        assert_eq!(end(&format!("a.{never}.b")), None);
    }
}
