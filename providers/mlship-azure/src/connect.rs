//! Signs in: where, as whom, and to which subscription.
//!
//! The vendor's identity crate reads the environment and runs the developer tools. Nothing else
//! here does.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::Url;
use azure_core::http::{ClientOptions, Transport};
use azure_core::time::{Duration as Span, OffsetDateTime};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use mlship_core::provider::{ErrorKind, ProviderError, harmless};
use mlship_registry::logins::Sources;

use crate::arm::{Arm, Call, Id};
use crate::config::Config;
use crate::config::forms::is_id;
use crate::error::failed;
use crate::pace::Pace;
use crate::web::Web;
use mlship_registry::http;

/// Azure Resource Manager of the public cloud.
const PUBLIC: &str = "https://management.azure.com/";

/// How to connect, beyond what the manifest says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where Azure Resource Manager answers, instead of the public cloud's.
    pub endpoint: Option<String>,
    /// The subscription when the manifest names none.
    pub subscription: Option<String>,
    /// Who one is.
    pub identity: Identity,
    /// Where the logins for the registries of base images are.
    pub logins: Sources,
    /// How patiently to wait.
    pub pace: Pace,
}

/// Who one is to Azure.
#[derive(Clone, Default)]
pub enum Identity {
    /// Whoever is signed in to the developer tools: `az`, then `azd`.
    #[default]
    DeveloperTools,
    /// A workload identity, out of `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and
    /// `AZURE_FEDERATED_TOKEN_FILE`, as CI and Kubernetes set them.
    Workload,
    /// The managed identity of this machine; of this client id when one is given.
    Managed(Option<String>),
    /// An application with a secret.
    Secret {
        /// The tenant that it belongs to.
        tenant: String,
        /// Its client id.
        client: String,
        /// Its secret.
        secret: String,
    },
    /// A bearer token that somebody else fetched.
    Token(String),
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DeveloperTools => "DeveloperTools",
            Self::Workload => "Workload",
            Self::Managed(_) => "Managed",
            Self::Secret { .. } => "Secret",
            Self::Token(_) => "Token",
        })
    }
}

/// A connection to Azure.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) arm: Arm,
    pub(crate) web: Web,
    /// The same client, for the vendor's crates.
    pub(crate) client: reqwest::Client,
    pub(crate) subscription: String,
    pub(crate) config: Config,
    /// Where the logins for other registries are.
    pub(crate) logins: Sources,
}

impl Cloud {
    pub(crate) fn pace(&self) -> &Pace {
        &self.arm.pace
    }
}

/// Signs in, and finds the subscription where none is named.
pub(crate) async fn connect(config: Config, options: Options) -> Result<Cloud, ProviderError> {
    let refused = |reason: String| failed(ErrorKind::Refused, "connect to", "Azure", reason);
    if let Some(named) = options.subscription.as_deref().filter(|_| config.subscription.is_none()) {
        refuse_no_id(named)?;
    }
    let client = http::client().map_err(|error| refused(error.to_string()))?;
    let base = options.endpoint.as_deref().unwrap_or(PUBLIC);
    let base: Url = base.parse().map_err(|_| refused(format!("`{base}` is no address")))?;
    let credential = credential(&options.identity, &client).map_err(|cause| {
        let mut error =
            failed(ErrorKind::Denied, "sign in to", "Azure", "no credentials were found");
        error.hints = hints(&options.identity);
        error.source = Some(Box::new(cause));
        error
    })?;
    let arm = Arm::new(base, credential, client.clone(), options.pace);
    // Better said before anything else is asked.
    let signing = Call { operation: "sign in to", resource: "Azure" };
    arm.token(signing).await.map_err(|mut error| {
        error.hints = hints(&options.identity);
        error
    })?;
    let subscription = match config.subscription.clone().or(options.subscription) {
        Some(subscription) => subscription,
        None => only_subscription(&arm).await?,
    };
    let web = Web::new(client.clone());
    Ok(Cloud { arm, web, client, subscription, config, logins: options.logins })
}

fn credential(
    identity: &Identity,
    client: &reqwest::Client,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(client.clone()))),
        ..ClientOptions::default()
    };
    Ok(match identity {
        Identity::DeveloperTools => DeveloperToolsCredential::new(None)?,
        Identity::Workload => {
            let credential_options = ClientAssertionCredentialOptions { client_options };
            let options =
                WorkloadIdentityCredentialOptions { credential_options, ..Default::default() };
            WorkloadIdentityCredential::new(Some(options))?
        }
        Identity::Managed(client) => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client.clone().map(UserAssignedId::ClientId),
                client_options,
            }))?
        }
        Identity::Secret { tenant, client, secret } => {
            let options = ClientSecretCredentialOptions { client_options };
            let secret = Secret::new(secret.clone());
            ClientSecretCredential::new(tenant, client.clone(), secret, Some(options))?
        }
        Identity::Token(token) => Arc::new(Fixed(token.clone())),
    })
}

/// A token as it was given.
struct Fixed(String);

impl std::fmt::Debug for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fixed(..)")
    }
}

#[async_trait::async_trait]
impl TokenCredential for Fixed {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(self.0.clone(), OffsetDateTime::now_utc() + Span::HOUR))
    }
}

fn hints(identity: &Identity) -> Vec<String> {
    let hints: &[&str] = match identity {
        Identity::DeveloperTools => &[
            "sign in with `az login`",
            "in CI use a workload identity: set `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and \
             `AZURE_FEDERATED_TOKEN_FILE`; or an application: `AZURE_CLIENT_SECRET` beside the \
             first two",
        ],
        Identity::Workload => &[
            "check `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, and that \
             the application trusts the issuer of the token",
        ],
        Identity::Managed(_) => &[
            "check that this machine has a managed identity, and which one `AZURE_CLIENT_ID` names",
        ],
        Identity::Secret { .. } => {
            &["check `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`"]
        }
        Identity::Token(_) => &["check the token that was given; it may have expired"],
    };
    hints.iter().map(|hint| (*hint).to_owned()).collect()
}

/// What is named outside the manifest has not been read by its rules; it becomes part of addresses.
fn refuse_no_id(subscription: &str) -> Result<(), ProviderError> {
    if is_id(subscription) {
        return Ok(());
    }
    let reason = format!("`{}` is no id of a subscription", harmless(subscription));
    let error = failed(ErrorKind::Refused, "connect to", "Azure", reason);
    let hint = "set `AZURE_SUBSCRIPTION_ID` to an id such as \
                `00000000-0000-0000-0000-000000000000`; `az account list` shows yours";
    Err(error.with_hint(hint))
}

/// The one subscription that can be used; which it is must be said when there are more.
async fn only_subscription(arm: &Arm) -> Result<String, ProviderError> {
    let call = Call { operation: "find the subscription of", resource: "the account" };
    let found = arm.list(call, &Id::of(""), "subscriptions", &[]).await?;
    let usable: Vec<_> = found
        .iter()
        .filter(|one| one["state"] != "Disabled" && one["state"] != "Deleted")
        .filter_map(|one| {
            Some((
                one["subscriptionId"].as_str().filter(|id| is_id(id))?,
                one["displayName"].as_str(),
            ))
        })
        .collect();
    let reason = match usable.as_slice() {
        [(only, _)] => return Ok((*only).to_owned()),
        [] => "the account has no subscription that can be used".to_owned(),
        more => format!("the account has {} subscriptions", more.len()),
    };
    let mut error = failed(ErrorKind::Refused, call.operation, call.resource, reason);
    error = error
        .with_hint("name one: `subscription: …` in `targets.azure`, or `AZURE_SUBSCRIPTION_ID`");
    for (id, name) in usable.iter().take(5) {
        error =
            error.with_hint(format!("`{id}` is {}", harmless(name.unwrap_or("without a name"))));
    }
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_subscription_that_is_no_id_is_refused_with_the_variable() {
        for named in ["", "mine", "../x", "00000000-0000-0000-0000-00000000000/"] {
            let options = Options {
                endpoint: Some("http://127.0.0.1:1/".into()),
                subscription: Some(named.into()),
                identity: Identity::Token("token".into()),
                ..Options::default()
            };
            let error = connect(Config::default(), options).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Refused);
            assert!(error.reason.contains(&format!("`{named}`")), "{error}");
            assert!(error.hints[0].contains("`AZURE_SUBSCRIPTION_ID`"), "{:?}", error.hints);
        }
    }
}
