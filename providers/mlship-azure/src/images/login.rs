//! Signs in to the registry: the token that is good for Resource Manager buys one of the
//! registry's own. No password is involved.

use mlship_core::deployment::Answer;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::{Login, Reference};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::Images;
use super::push::refused;
use crate::arm::Call;
use crate::connect::Cloud;
use crate::error::failed;

/// What is tried here, in words.
const OPERATION: &str = "sign in to the registry";

/// A login for some three hours.
/// Source: <https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md>, 2026-11-20.
pub(super) async fn login(cloud: &Cloud, server: &str) -> Result<Login, ProviderError> {
    let call = Call { operation: OPERATION, resource: server };
    let token = cloud.arm.token(call).await?;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "access_token")
        .append_pair("service", server)
        .append_pair("access_token", &token)
        .finish();
    let answer = exchange(cloud, call, &form).await.map_err(explain)?;
    let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer["refresh_token"].as_str().filter(|token| !token.is_empty()) {
        Some(token) => Ok(Login::Identity(token.to_owned())),
        None => {
            let reason = "the answer has no token that can be read";
            Err(failed(ErrorKind::Unavailable, OPERATION, server, reason))
        }
    }
}

/// Asks again when the registry cannot be reached or is busy.
async fn exchange(cloud: &Cloud, call: Call<'_>, form: &str) -> Result<Answer, ProviderError> {
    let mut tries = 0;
    loop {
        let request = cloud.web.request(Method::POST, call.resource, "/oauth2/exchange");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        match cloud.web.accepted(call, request.body(form.to_owned())).await {
            Err(error)
                if [ErrorKind::Unavailable, ErrorKind::Throttled].contains(&error.kind)
                    && tries < cloud.pace().retries => {}
            outcome => return outcome,
        }
        tries += 1;
        tokio::time::sleep(cloud.pace().retry_backoff * tries).await;
    }
}

fn explain(error: ProviderError) -> ProviderError {
    match error.kind {
        ErrorKind::Denied => error.with_hint(
            "the registry must take the tokens of Resource Manager, as it does unless told \
             otherwise: `az acr config authentication-as-arm update --status enabled -r NAME`",
        ),
        _ => error,
    }
}

/// `sha256:…` of the image with this tag, when there is one.
pub(super) async fn digest_of(
    cloud: &Cloud,
    images: &Images,
    server: Option<&str>,
    tag: &str,
) -> Result<Option<String>, ProviderError> {
    let Some(server) = server else { return Ok(None) };
    let image = named(server, &images.repository, tag)?;
    let login = login(cloud, server).await?;
    let looked = mlship_registry::look(&image, &login).await;
    looked.map_err(|error| refused("look for the image in", &images.repository, error))
}

/// An image's name.
pub(super) fn named(server: &str, repository: &str, tag: &str) -> Result<Reference, ProviderError> {
    let name = format!("{server}/{repository}:{tag}");
    name.parse().map_err(|error| refused("name the image in", repository, error))
}
