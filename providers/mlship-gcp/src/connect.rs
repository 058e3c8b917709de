//! Signs in: where, and as whom.
//!
//! The vendor's credentials crate reads the environment and its files. Nothing else here does.

use std::error::Error;

use google_cloud_auth::credentials::{
    self, AccessToken, AccessTokenCredentials, AccessTokenCredentialsProvider, CacheableResource,
    Credentials, CredentialsProvider, EntityTag, external_account, impersonated, mds,
    service_account, user_account,
};
use google_cloud_auth::errors::CredentialsError;
use google_cloud_functions_v2::client::FunctionService;
use google_cloud_run_v2::client::{Revisions, Services};
use mlship_core::provider::{ErrorKind, ProviderError, harmless, phrase};
use mlship_registry::http::{client, is_local};
use mlship_registry::logins::Sources;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::callers::Callers;
use crate::config::Config;
use crate::error::{Call, failed};
use crate::pace::Pace;
use crate::rest::Rest;
use crate::retry::{Patience, unhindered};

/// What all the APIs take.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How to connect, beyond what the manifest says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where every API answers, instead of each at its own public address.
    pub endpoint: Option<String>,
    /// Who one is.
    pub identity: Identity,
    /// Where the logins for the registries of base images are.
    pub logins: Sources,
    /// How patiently to wait.
    pub pace: Pace,
    /// What to do with a service of that name that mlship did not make.
    pub adopt: Adopt,
}

/// What to do with a service that somebody else made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Adopt {
    /// Refuse to touch it.
    #[default]
    Refuse,
    /// Take it over: it gets the label, and keeps its traffic until a version is accepted.
    Take,
}

/// Who one is to Google Cloud.
#[derive(Clone, Default)]
pub enum Identity {
    /// The application default credentials, as the vendor's crate finds them: the file that
    /// `GOOGLE_APPLICATION_CREDENTIALS` names, the one of `gcloud`, or the metadata server.
    #[default]
    Default,
    /// The account of this machine, as the metadata server tells it, whatever the environment says.
    Machine,
    /// The contents of such a file: a user's, a service account's key, an impersonated account's,
    /// or a workload identity's, as CI writes it.
    Json(Value),
    /// Tokens that somebody else fetched.
    Token {
        /// A bearer token for the APIs.
        access: String,
        /// An identity token for the service; without one, the manifest's `caller` gets it.
        identity: Option<String>,
    },
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Default => "Default",
            Self::Machine => "Machine",
            Self::Json(_) => "Json",
            Self::Token { .. } => "Token",
        })
    }
}

/// A connection to Google Cloud.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) services: Services,
    pub(crate) revisions: Revisions,
    pub(crate) functions: FunctionService,
    /// The APIs that the vendor's clients here do not speak.
    pub(crate) rest: Rest,
    /// Plain requests: to the service itself, to a signed address.
    pub(crate) web: reqwest::Client,
    pub(crate) callers: Callers,
    pub(crate) config: Config,
    /// Where the logins for other registries are.
    pub(crate) logins: Sources,
    pub(crate) pace: Pace,
    pub(crate) adopt: Adopt,
}

/// A client of the vendor's; each is of a type of its own.
macro_rules! api {
    ($kind:ty, $credentials:expr, $options:expr) => {{
        let pace = $options.pace;
        let builder = <$kind>::builder()
            .with_credentials($credentials.clone())
            .with_retry_policy(Patience(pace))
            .with_backoff_policy(Patience(pace))
            .with_retry_throttler(unhindered())
            .with_polling_error_policy(Patience(pace))
            .with_polling_backoff_policy(Patience(pace))
            .with_attempt_timeout(pace.longest_call);
        let builder = match &$options.endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint.trim_end_matches('/')),
            None => builder,
        };
        builder.build().await.map_err(broken)?
    }};
}

/// Signs in.
pub(crate) async fn connect(config: Config, options: Options) -> Result<Cloud, ProviderError> {
    let (rest, credentials) = sign_in(&options).await?;
    let web = rest.web().clone();
    let callers = Callers::new(options.identity.clone(), config.caller.clone(), rest.clone());
    Ok(Cloud {
        services: api!(Services, &credentials, &options),
        revisions: api!(Revisions, &credentials, &options),
        functions: api!(FunctionService, &credentials, &options),
        rest,
        web,
        callers,
        config,
        logins: options.logins,
        pace: options.pace,
        adopt: options.adopt,
    })
}

fn broken(cause: google_cloud_gax::client_builder::Error) -> ProviderError {
    let mut failed = refused("the client could not be made");
    failed.source = Some(Box::new(cause));
    failed
}

/// The REST client, and the credentials for the vendor's own. A first token is fetched: better
/// said before anything else is asked.
pub(crate) async fn sign_in(options: &Options) -> Result<(Rest, Credentials), ProviderError> {
    let web = client().map_err(|error| refused(error.to_string()))?;
    let endpoint = options.endpoint.as_deref().map(checked).transpose()?;
    let denied = |cause: &dyn Error, what: &str| {
        let mut error = failed(ErrorKind::Denied, "sign in to", "Google Cloud", "");
        error.reason = match &options.identity {
            // Nobody answers where the account of a machine would be: no use to tell how.
            Identity::Default | Identity::Machine => "no credentials were found".to_owned(),
            Identity::Json(_) | Identity::Token { .. } => format!("{what}: {}", innermost(cause)),
        };
        error.hints = hints(&options.identity);
        error
    };
    let credentials = credentials(&options.identity)
        .map_err(|cause| denied(&cause, "the credentials file cannot be used"))?;
    // Where there is no metadata server either, nobody answers.
    match tokio::time::timeout(options.pace.longest_call, credentials.access_token()).await {
        Ok(Ok(_)) => {}
        Ok(Err(cause)) => return Err(denied(&cause, "no token was given")),
        Err(cause) => {
            let silent = silent(&options.identity);
            return Err(silent.unwrap_or_else(|| denied(&cause, "no token was given in time")));
        }
    }
    let credentials = Credentials::from(credentials);
    Ok((Rest::new(web, credentials.clone(), endpoint, options.pace), credentials))
}

/// No token in time though a file says who gives one: whoever gives the tokens is silent.
fn silent(identity: &Identity) -> Option<ProviderError> {
    let Identity::Json(json) = identity else { return None };
    let written = json["token_url"].as_str().or(json["token_uri"].as_str());
    let url = written.and_then(|text| Url::parse(text).ok());
    let host = url.map(|url| url.origin().ascii_serialization());
    let host = host.map(|host| format!(" by `{}`", harmless(&host))).unwrap_or_default();
    let reason = format!("no token was given in time{host}");
    let error = failed(ErrorKind::Unavailable, "sign in to", "Google Cloud", reason);
    Some(error.with_hint("run the same command again when it answers"))
}

/// The last of the causes, which says what it is; those around it say it again.
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    phrase(&last.to_string())
}

/// A token goes there: over TLS, unless it is this machine.
fn checked(endpoint: &str) -> Result<Url, ProviderError> {
    let shown = harmless(endpoint);
    let url = Url::parse(endpoint).ok().filter(Url::has_host);
    let url = url.ok_or_else(|| refused(format!("`{shown}` is no address")))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local(&url) => Ok(url),
        _ => Err(refused(format!("`{shown}` has no TLS"))),
    }
}

fn refused(reason: impl Into<String>) -> ProviderError {
    let call = Call::new("connect to", "Google Cloud");
    failed(ErrorKind::Refused, call.operation, call.resource, reason)
}

fn credentials(
    identity: &Identity,
) -> Result<AccessTokenCredentials, google_cloud_auth::build_errors::Error> {
    let scopes = [SCOPE];
    match identity {
        Identity::Default => {
            credentials::Builder::default().with_scopes(scopes).build_access_token_credentials()
        }
        Identity::Machine => {
            mds::Builder::default().with_scopes(scopes).build_access_token_credentials()
        }
        Identity::Token { access, .. } => Ok(AccessTokenCredentials::from(Fixed(access.clone()))),
        Identity::Json(json) => match json["type"].as_str() {
            Some("authorized_user") => user_account::Builder::new(json.clone())
                .with_scopes(scopes)
                .build_access_token_credentials(),
            Some("impersonated_service_account") => impersonated::Builder::new(json.clone())
                .with_scopes(scopes)
                .build_access_token_credentials(),
            Some("external_account") => external_account::Builder::new(json.clone())
                .with_scopes(scopes)
                .build_access_token_credentials(),
            // What is none of these is refused there, with the reason.
            _ => service_account::Builder::new(json.clone())
                .with_access_specifier(service_account::AccessSpecifier::from_scopes(scopes))
                .build_access_token_credentials(),
        },
    }
}

/// A token as it was given.
struct Fixed(String);

impl std::fmt::Debug for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fixed(..)")
    }
}

impl CredentialsProvider for Fixed {
    async fn headers(
        &self,
        _: http::Extensions,
    ) -> Result<CacheableResource<HeaderMap>, CredentialsError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0))
            .map_err(|error| CredentialsError::from_source(false, error))?;
        value.set_sensitive(true);
        let data = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        Ok(CacheableResource::New { entity_tag: EntityTag::new(), data })
    }

    async fn universe_domain(&self) -> Option<String> {
        None
    }
}

impl AccessTokenCredentialsProvider for Fixed {
    async fn access_token(&self) -> Result<AccessToken, CredentialsError> {
        Ok(AccessToken { token: self.0.clone() })
    }
}

fn hints(identity: &Identity) -> Vec<String> {
    let hints: &[&str] = match identity {
        Identity::Default | Identity::Machine => {
            &["sign in with `gcloud auth application-default login`, or name a file in \
             `GOOGLE_APPLICATION_CREDENTIALS`, as `google-github-actions/auth` does in CI"]
        }
        Identity::Json(_) => &[
            "it is the file that `GOOGLE_APPLICATION_CREDENTIALS` names, or else \
             `~/.config/gcloud/application_default_credentials.json`",
            "make it again: `gcloud auth application-default login`, or another key of the \
             service account",
        ],
        Identity::Token { .. } => &["check the token that was given; it may have expired"],
    };
    hints.iter().map(|hint| (*hint).to_owned()).collect()
}
