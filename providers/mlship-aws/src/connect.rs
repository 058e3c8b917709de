//! Signs in, and makes the SDK's clients: where, as whom, and how patiently.
//!
//! The SDK reads the environment and the shared configuration files in its usual order, and
//! `AWS_ENDPOINT_URL` with them. Nothing else here does.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::config::{Credentials, ProvideCredentials};
use aws_smithy_http_client::{Builder, tls};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::logins::Sources;

use crate::config::Config;
use crate::error::{Outcome, failed};
use crate::names::Account;
use crate::pace::Pace;

/// How often a call is tried in all.
const ATTEMPTS: u32 = 4;
/// The longest one try of an ordinary call may take.
const CALL: Duration = Duration::from_secs(60);
/// The longest one try of a call that carries the zip or waits for the model may take: a function
/// runs up to 15 minutes.
const LONG_CALL: Duration = Duration::from_secs(16 * 60);

/// How to connect, beyond what the manifest says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where all services answer, instead of AWS's own addresses and `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Host and port of the registry for images, instead of the one that ECR names.
    pub registry: Option<String>,
    /// Where the logins for the registries of base images are.
    pub logins: Sources,
    /// Credentials to use instead of the usual sources.
    pub keys: Option<Keys>,
    /// How patiently to wait.
    pub pace: Pace,
}

/// A pair of access keys.
#[derive(Clone)]
pub struct Keys {
    /// The access key's id.
    pub id: String,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

/// One client a service.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) lambda: aws_sdk_lambda::Client,
    /// The same for calls that may take minutes.
    pub(crate) slow_lambda: aws_sdk_lambda::Client,
    pub(crate) ecr: aws_sdk_ecr::Client,
    /// Where images are sent; where ECR says when `None`.
    pub(crate) registry: Option<String>,
    /// Where the logins for other registries are.
    pub(crate) logins: Sources,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
}

/// Signs in and asks whose account it is.
pub(crate) async fn connect(
    config: &Config,
    options: &Options,
) -> Result<(Clients, Account), ProviderError> {
    let (shared, region) = sign_in(config, options).await?;
    let account = who(&shared, region).await?;
    Ok((clients(&shared, options), account))
}

/// Signs in to S3 alone, and asks nothing.
pub(crate) async fn storage(
    config: &Config,
    options: &Options,
) -> Result<aws_sdk_s3::Client, ProviderError> {
    let (shared, _) = sign_in(config, options).await?;
    Ok(clients(&shared, options).s3)
}

async fn sign_in(config: &Config, options: &Options) -> Result<(SdkConfig, String), ProviderError> {
    let shared = load(config, options).await;
    let Some(region) = shared.region().map(ToString::to_string) else {
        let error = failed(ErrorKind::Refused, "connect to", "AWS", "no region is set");
        return Err(error.with_hint("add `region: …` to `targets.aws`, or set `AWS_REGION`"));
    };
    check_credentials(&shared).await?;
    Ok((shared, region))
}

async fn load(config: &Config, options: &Options) -> SdkConfig {
    let Pace { retry_backoff, retry_backoff_max, .. } = options.pace;
    let http = Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let retry = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(retry_backoff)
        .with_max_backoff(retry_backoff_max);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(retry)
        .timeout_config(timeouts(CALL));
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(Keys { id, secret }) = &options.keys {
        loader = loader.credentials_provider(Credentials::new(id, secret, None, None, "given"));
    }
    loader.load().await
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(attempt)
        .build()
}

fn clients(shared: &SdkConfig, options: &Options) -> Clients {
    let lambda = aws_sdk_lambda::config::Builder::from(shared);
    let slow = lambda.clone().timeout_config(timeouts(LONG_CALL));
    // Stand-ins for S3 seldom answer under a bucket's own host name.
    let s3 = aws_sdk_s3::config::Builder::from(shared)
        .timeout_config(timeouts(LONG_CALL))
        .force_path_style(shared.endpoint_url().is_some());
    Clients {
        lambda: aws_sdk_lambda::Client::from_conf(lambda.build()),
        slow_lambda: aws_sdk_lambda::Client::from_conf(slow.build()),
        ecr: aws_sdk_ecr::Client::new(shared),
        registry: options.registry.clone(),
        logins: options.logins.clone(),
        iam: aws_sdk_iam::Client::new(shared),
        logs: aws_sdk_cloudwatchlogs::Client::new(shared),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}

async fn check_credentials(shared: &SdkConfig) -> Result<(), ProviderError> {
    let Err(cause) = (match shared.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.map(|_| ()).map_err(Some),
        None => Err(None),
    }) else {
        return Ok(());
    };
    let reason = "no credentials were found, or they could not be used";
    let mut error = failed(ErrorKind::Denied, "sign in to", "AWS", reason);
    error.source = cause.map(|cause| cause.into());
    error.hints = vec![
        "sign in with `aws configure` or `aws sso login`".to_owned(),
        "or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`".to_owned(),
        "or name a profile: `profile: …` in `targets.aws`, or `AWS_PROFILE`".to_owned(),
    ];
    Err(error)
}

async fn who(shared: &SdkConfig, region: String) -> Result<Account, ProviderError> {
    let (operation, resource) = ("ask for the account of", "the credentials");
    let sts = aws_sdk_sts::Client::new(shared);
    let caller = sts.get_caller_identity().send().await.doing(operation, resource)?;
    // arn:PARTITION:sts::ACCOUNT:…
    let partition = caller.arn().and_then(|arn| arn.split(':').nth(1));
    match (caller.account(), partition) {
        (Some(id), Some(partition)) => {
            Ok(Account { partition: partition.into(), id: id.into(), region })
        }
        _ => {
            Err(failed(ErrorKind::Unavailable, operation, resource, "the answer names no account"))
        }
    }
}
