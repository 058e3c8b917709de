//! The files of a storage account: sent once, in blocks, and addresses that others may read them
//! by. Works with the account's key, as the Functions host does.

mod sas;
mod upload;

use std::path::Path;
use std::sync::Arc;

use azure_core::http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport, Url};
use azure_core::time::{Duration as Span, OffsetDateTime};
use azure_storage_blob::models::BlobClientGetPropertiesResultHeaders as _;
use azure_storage_blob::{
    BlobClient, BlobClientOptions, BlobContainerClient, BlobContainerClientOptions,
};
use futures_util::TryStreamExt as _;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::{failed, kind_of};
use mlship_registry::http;

/// How long a signature lasts that mlship makes for its own calls.
const OWN_CALLS: Span = Span::hours(24);

/// A storage account with its key.
#[derive(Clone)]
pub(crate) struct Store {
    account: String,
    /// Of blobs, as the account says; it may have a path, as that of an emulator has.
    endpoint: Url,
    key: String,
    options: ClientOptions,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("account", &self.account).finish_non_exhaustive()
    }
}

/// Bytes on disk, of a known length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'f> {
    pub(crate) path: &'f Path,
    pub(crate) bytes: u64,
}

impl Store {
    /// The account of this id, which must exist: two calls, of which none writes.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when it is not there.
    pub(crate) async fn open(cloud: &Cloud, id: &Id) -> Result<Self, ProviderError> {
        let call = Call { operation: "look at the storage account", resource: id.name() };
        match cloud.arm.get(call, id).await? {
            Some(found) => Self::of(cloud, id, &found).await,
            None => Err(failed(ErrorKind::NotFound, call.operation, id.name(), "it is not there")),
        }
    }

    /// The account that Azure shows like this; one call, for its key.
    pub(crate) async fn of(cloud: &Cloud, id: &Id, found: &Value) -> Result<Self, ProviderError> {
        let name = id.name();
        let endpoint = found["properties"]["primaryEndpoints"]["blob"].as_str();
        let endpoint = endpoint.and_then(|text| text.parse().ok()).filter(is_safe);
        let Some(endpoint) = endpoint else {
            let reason = "it says no address for its blobs";
            let operation = "look at the storage account";
            return Err(failed(ErrorKind::Unavailable, operation, name, reason));
        };
        let call = Call { operation: "read the keys of the storage account", resource: name };
        let keys = cloud.arm.post(call, id, "listKeys", &Value::Null).await?;
        let Some(key) = keys["keys"][0]["value"].as_str() else {
            return Err(failed(ErrorKind::Unavailable, call.operation, name, "it has no key"));
        };
        let pace = cloud.pace();
        let retry = ExponentialRetryOptions {
            initial_delay: Span::try_from(pace.retry_backoff).unwrap_or(Span::SECOND),
            max_retries: pace.retries,
            ..ExponentialRetryOptions::default()
        };
        let options = ClientOptions {
            transport: Some(Transport::new(Arc::new(cloud.client.clone()))),
            retry: RetryOptions::exponential(retry),
            ..ClientOptions::default()
        };
        Ok(Self { account: name.to_owned(), endpoint, key: key.to_owned(), options })
    }

    /// What applications are given to use the account.
    pub(crate) fn connection_string(&self) -> String {
        let Self { account, endpoint, key, .. } = self;
        let protocol = endpoint.scheme();
        let start =
            format!("DefaultEndpointsProtocol={protocol};AccountName={account};AccountKey={key}");
        let host = endpoint.host_str().unwrap_or_default();
        match host.strip_prefix(&format!("{account}.blob.")) {
            Some(suffix) if endpoint.port().is_none() => format!("{start};EndpointSuffix={suffix}"),
            _ => format!("{start};BlobEndpoint={}", endpoint.as_str().trim_end_matches('/')),
        }
    }

    /// The address of a container, without any signature.
    pub(crate) fn container_url(&self, container: &str) -> String {
        format!("{}/{container}", self.endpoint.as_str().trim_end_matches('/'))
    }

    /// An address that whoever has it may read this blob by, or every blob of the container. It is
    /// the same each time, and valid until the account gets another key.
    pub(crate) fn readable(&self, container: &str, name: Option<&str>) -> String {
        let url = match name {
            Some(name) => format!("{}/{name}", self.container_url(container)),
            None => self.container_url(container),
        };
        let signed =
            sas::Blobs { account: &self.account, container, name, protocol: self.protocol() };
        format!("{url}?{}", signed.query(&self.key))
    }

    /// How long a blob is; `None` when it is not there.
    pub(crate) async fn length(
        &self,
        container: &str,
        name: &str,
    ) -> Result<Option<u64>, ProviderError> {
        let place = format!("{container}/{name}");
        let call = Call { operation: "look at the blob", resource: &place };
        let found = match self.blob(call, &place)?.get_properties(None).await {
            Ok(found) => found,
            Err(error) => return absent(refused(call, error)),
        };
        found.content_length().map_err(|error| refused(call, error))
    }

    /// Sends a file. Nothing is sent when a blob of that name and length is there: names are
    /// digests.
    pub(crate) async fn upload(
        &self,
        container: &str,
        name: &str,
        file: File<'_>,
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        if self.length(container, name).await? == Some(file.bytes) {
            return Ok(());
        }
        let place = format!("{container}/{name}");
        let call = Call { operation: "upload to the blob", resource: &place };
        let blob = self.blob(call, &place)?.block_blob_client();
        upload::send(call, &blob, file, progress).await
    }

    /// The bytes of a blob as they come; `None` when it is not there.
    pub(crate) async fn bytes(
        &self,
        container: &str,
        name: &str,
    ) -> Result<Option<reqwest::Body>, ProviderError> {
        let place = format!("{container}/{name}");
        let call = Call { operation: "read the blob", resource: &place };
        match self.blob(call, &place)?.download(None).await {
            Ok(found) => Ok(Some(reqwest::Body::wrap_stream(found.body))),
            Err(error) => absent(refused(call, error)),
        }
    }

    /// Takes a blob away; false when it was not there.
    pub(crate) async fn delete(&self, container: &str, name: &str) -> Result<bool, ProviderError> {
        let place = format!("{container}/{name}");
        let call = Call { operation: "delete the blob", resource: &place };
        match self.blob(call, &place)?.delete(None).await {
            Ok(_) => Ok(true),
            Err(error) => absent(refused(call, error)).map(|gone: Option<()>| gone.is_some()),
        }
    }

    /// The names of all blobs of a container; none when there is no such container.
    pub(crate) async fn names(&self, container: &str) -> Result<Vec<String>, ProviderError> {
        let call = Call { operation: "list the blobs of", resource: container };
        let options = BlobContainerClientOptions {
            client_options: self.options.clone(),
            ..BlobContainerClientOptions::default()
        };
        let client = BlobContainerClient::new(self.signed(call, container)?, None, Some(options))
            .map_err(|error| refused(call, error))?;
        let pager = client.list_blobs(None).map_err(|error| refused(call, error))?;
        match pager.try_collect::<Vec<_>>().await {
            Ok(all) => Ok(all.into_iter().filter_map(|blob| blob.name).collect()),
            Err(error) => absent(refused(call, error)).map(Option::unwrap_or_default),
        }
    }

    fn blob(&self, call: Call<'_>, place: &str) -> Result<BlobClient, ProviderError> {
        let options =
            BlobClientOptions { client_options: self.options.clone(), ..Default::default() };
        BlobClient::new(self.signed(call, place)?, None, Some(options))
            .map_err(|error| refused(call, error))
    }

    /// An address for a call of our own.
    fn signed(&self, call: Call<'_>, place: &str) -> Result<Url, ProviderError> {
        let until = OffsetDateTime::now_utc() + OWN_CALLS;
        let query = sas::account(&self.account, &self.key, self.protocol(), until);
        let url = format!("{}?{query}", self.container_url(place));
        url.parse().map_err(|_| {
            failed(ErrorKind::Refused, call.operation, call.resource, "its name is no address")
        })
    }

    fn protocol(&self) -> &'static str {
        if self.endpoint.scheme() == "https" { "https" } else { "https,http" }
    }
}

/// A key is used over TLS, or on this machine.
fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || http::is_local(url)
}

/// What is not there is no error.
fn absent<T>(error: ProviderError) -> Result<Option<T>, ProviderError> {
    match error.kind {
        ErrorKind::NotFound => Ok(None),
        _ => Err(error),
    }
}

/// A refusal of the storage service; a signature never gets into the words.
fn refused(call: Call<'_>, cause: azure_core::Error) -> ProviderError {
    use azure_core::error::ErrorKind::HttpResponse;
    let (kind, reason) = match cause.kind() {
        HttpResponse { status, error_code, .. } => {
            let (status, code) = (u16::from(*status), error_code.clone().unwrap_or_default());
            let kind = match code.as_str() {
                "ContainerNotFound" | "BlobNotFound" => ErrorKind::NotFound,
                "ContainerBeingDeleted" => ErrorKind::Conflict,
                _ => kind_of(&code, status),
            };
            (kind, format!("the storage account refused it (status {status} {code})"))
        }
        _ => (ErrorKind::Unavailable, "the connection failed".to_owned()),
    };
    let mut error = failed(kind, call.operation, call.resource, reason.replace(" )", ")"));
    if kind == ErrorKind::Denied {
        error.hints.push(
            "the storage account may refuse its own keys or this network: allow shared keys and \
             public network access, or name another `storage-account: …`"
                .to_owned(),
        );
    }
    if kind == ErrorKind::Unavailable {
        error.hints.push("run the same command again; it goes on where it stopped".to_owned());
    }
    error
}
