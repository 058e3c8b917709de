//! Blobs in a registry: whether they are there, and their bytes from any point on.

use reqwest::header::{ACCEPT, CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};

use crate::answer::Call;
use crate::connection::Connection;
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::manifest::ACCEPTED;
use crate::pace::Failure;

/// Whether the repository has a blob.
pub(crate) async fn is_there(
    connection: &Connection,
    digest: &Digest,
    size: u64,
) -> Result<bool, RegistryError> {
    let call = Call::new("look for the layer", digest);
    let url = connection.url(&format!("blobs/{digest}"));
    let make = |client: &Client| client.head(url.clone());
    let response = connection.ask(&call, &make).await?;
    match response.status() {
        StatusCode::OK if is_the_blob(&response, digest, size) => Ok(true),
        // Anything may answer with 200: what is no registry, or a page of a proxy.
        StatusCode::OK => {
            let reason =
                "the answer says neither the layer's digest nor its length; is it a registry?";
            Err(call.error(ErrorKind::Refused, reason))
        }
        StatusCode::NOT_FOUND => Ok(false),
        _ => Err(call.refused(response).await),
    }
}

fn is_the_blob(response: &Response, digest: &Digest, size: u64) -> bool {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    match header("docker-content-digest") {
        Some(told) => told == digest.to_string(),
        None => header("content-length").and_then(|length| length.parse().ok()) == Some(size),
    }
}

/// The digest of the manifest under a tag, when there is one and the registry tells.
pub(crate) async fn tagged(connection: &Connection) -> Result<Option<String>, RegistryError> {
    let call = Call::new("look for the image", connection.reference());
    let url = connection.url(&format!("manifests/{}", connection.reference().asked()));
    let make = |client: &Client| client.head(url.clone()).header(ACCEPT, ACCEPTED);
    let response = connection.ask(&call, &make).await?;
    match response.status() {
        StatusCode::OK => {
            let told = response.headers().get("docker-content-digest");
            Ok(told.and_then(|value| value.to_str().ok()).map(str::to_owned))
        }
        StatusCode::NOT_FOUND => Ok(None),
        _ => Err(call.refused(response).await),
    }
}

/// A blob's bytes, and at which of them they begin: at `from`, or at the first when the registry
/// knows no ranges.
pub(crate) async fn open(
    connection: &Connection,
    call: &Call,
    digest: &Digest,
    from: u64,
) -> Result<(Response, u64), Failure> {
    let url = connection.url(&format!("blobs/{digest}"));
    let make = |client: &Client| match from {
        0 => client.get(url.clone()),
        _ => client.get(url.clone()).header(RANGE, format!("bytes={from}-")),
    };
    let response = connection.ask_once(call, &make).await?;
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    match response.status() {
        StatusCode::OK => Ok((response, 0)),
        StatusCode::PARTIAL_CONTENT
            if range.is_some_and(|range| range.starts_with(&format!("bytes {from}-"))) =>
        {
            Ok((response, from))
        }
        StatusCode::PARTIAL_CONTENT => {
            Err(call.error(ErrorKind::Refused, "the registry sent another part of it").into())
        }
        _ => Err(call.refused(response).await.into()),
    }
}
