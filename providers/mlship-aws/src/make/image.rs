//! Sends the image to the repository.

use aws_sdk_ecr::types::AuthorizationData;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_registry::Login;

use super::push::{Registry, push};
use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::find::repository::has_image;
use crate::image::Image;

/// What is tried here, in words.
const OPERATION: &str = "sign in to the registry of";

/// Sends what the repository lacks of the image: layers that are there are not sent again.
pub(crate) async fn upload(
    clients: &Clients,
    image: &Image,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    let registry = registry(clients, image).await?;
    let Err(error) = push(&registry, image, &clients.logins, progress).await else { return Ok(()) };
    // An answer that was lost makes a second try, and a tag is not given twice.
    match has_image(clients, image).await {
        Ok(true) => Ok(()),
        _ => Err(error),
    }
}

/// The registry's host, and a login for half a day.
async fn registry(clients: &Clients, image: &Image) -> Result<Registry, ProviderError> {
    let call = clients.ecr.get_authorization_token().send();
    let given = call.await.doing(OPERATION, &image.repository)?;
    let login = given.authorization_data().first().and_then(read);
    let Some((login, endpoint)) = login else {
        let reason = "the answer has no token that can be read";
        return Err(failed(ErrorKind::Unavailable, OPERATION, &image.repository, reason));
    };
    let host = clients.registry.clone().unwrap_or(endpoint);
    Ok(Registry { host, login })
}

/// The login and the host.
fn read(given: &AuthorizationData) -> Option<(Login, String)> {
    let token = STANDARD.decode(given.authorization_token()?).ok()?;
    let token = String::from_utf8(token).ok()?;
    let (user, password) = token.split_once(':')?;
    let endpoint = given.proxy_endpoint()?;
    let host = endpoint.split_once("://").map_or(endpoint, |(_, host)| host);
    let login = Login::Basic { user: user.into(), password: password.into() };
    Some((login, host.trim_end_matches('/').into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_user_a_password_and_a_host() {
        let token = |text: &str| {
            let endpoint = "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com";
            let given = AuthorizationData::builder().proxy_endpoint(endpoint);
            read(&given.authorization_token(STANDARD.encode(text)).build())
        };
        let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
        let login = Login::Basic { user: "AWS".into(), password: "a:b".into() };
        assert_eq!(token("AWS:a:b"), Some((login, host.into())));
        assert_eq!(token("AWS"), None);
        assert_eq!(read(&AuthorizationData::builder().build()), None);
    }
}
