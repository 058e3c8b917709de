//! What is in a repository by now: which tags, of which images; and the removal of an image.

use reqwest::{Client, StatusCode};
use serde::Deserialize;

use crate::answer::Call;
use crate::blob;
use crate::connection::{Access, Connection};
use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;
use crate::reference::Reference;

/// The most that is read of a list of tags, in bytes.
const TAGS: u64 = 4 << 20;

/// The digest, `sha256:…`, of the manifest that the registry has under this name; `None` when
/// there is no such image.
///
/// # Errors
/// The registry refuses or fails.
pub async fn look(image: &Reference, login: &Login) -> Result<Option<String>, RegistryError> {
    let connection = Connection::new(image, login, &Access::Pull)?;
    blob::tagged(&connection).await
}

/// The tags of a repository; none when there is no such repository. Whatever else the name says is
/// not regarded. A list that comes in pages is read as far as its first.
///
/// # Errors
/// The registry refuses or fails, or the list is longer than 4 MiB.
pub async fn tags(repository: &Reference, login: &Login) -> Result<Vec<String>, RegistryError> {
    let connection = Connection::new(repository, login, &Access::Tidy)?;
    let call = Call::new("list the images of", repository.name());
    let url = connection.url("tags/list");
    let make = |client: &Client| client.get(url.clone());
    match connection.get(&call, &make, TAGS).await {
        Ok((_, body)) => {
            let listed: Listed = serde_json::from_slice(&body)
                .map_err(|_| call.error(ErrorKind::Refused, "the answer is no list of tags"))?;
            Ok(listed.tags.unwrap_or_default())
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Listed {
    tags: Option<Vec<String>>,
}

/// Removes an image with all its tags; false when it was not there. A name with a tag alone stands
/// for the image that the tag is of.
///
/// # Errors
/// The registry refuses, fails or does not remove images at all.
pub async fn remove(image: &Reference, login: &Login) -> Result<bool, RegistryError> {
    let connection = Connection::new(image, login, &Access::Tidy)?;
    let digest = match image.digest() {
        Some(digest) => digest.to_owned(),
        None => match blob::tagged(&connection).await? {
            Some(digest) => digest,
            None => return Ok(false),
        },
    };
    let call = Call::new("remove the image", image);
    let url = connection.url(&format!("manifests/{digest}"));
    let make = |client: &Client| client.delete(url.clone());
    let response = connection.ask(&call, &make).await?;
    match response.status() {
        StatusCode::NOT_FOUND => Ok(false),
        status if status.is_success() => Ok(true),
        _ => Err(call.refused(response).await),
    }
}
