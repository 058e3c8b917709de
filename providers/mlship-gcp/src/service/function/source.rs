//! Sends a function's zip to the signed address that Google gives for it.
//!
//! Source: <https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions/generateUploadUrl>,
//! 2026-11-20.

use google_cloud_functions_v2::model::{Environment, StorageSource};
use google_cloud_gax::options::RequestOptionsBuilder as _;
use mlship_core::provider::{ErrorKind, ProviderError};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Url};

use crate::connect::Cloud;
use crate::error::{Call, failed, refused, translate};
use crate::rest::broken;
use crate::retry::{PASSING, pause};
use crate::service::apply::Work;

/// What is sent, as the address was signed for it.
const ZIP: &str = "application/zip";

/// Sends the package, and says where it is.
pub(super) async fn upload(work: &Work<'_>) -> Result<StorageSource, ProviderError> {
    let cloud = work.cloud;
    let call = Call::new("upload the source of", &work.wanted.place.service);
    let asked = cloud
        .functions
        .generate_upload_url()
        .set_parent(work.wanted.place.location())
        .set_environment(Environment::Gen2)
        .with_idempotency(true);
    let place = asked.send().await.map_err(|error| translate(call, error))?;
    let source = place.storage_source.ok_or_else(|| {
        failed(ErrorKind::Unavailable, call.operation, call.resource, "no place was named for it")
    })?;
    let url = Url::parse(&place.upload_url).map_err(|_| {
        failed(ErrorKind::Unavailable, call.operation, call.resource, "its address is wrong")
    })?;
    put(cloud, call, work, url).await?;
    Ok(source)
}

/// Sends the file; again, from its beginning, where that may help. Nobody is told who sends it: the
/// address alone allows it, and with a token Google refuses.
async fn put(
    cloud: &Cloud,
    call: Call<'_>,
    work: &Work<'_>,
    url: Url,
) -> Result<(), ProviderError> {
    let artifact = &work.release.artifact;
    for tries in 1.. {
        let told = |cause: std::io::Error| {
            let mut error = failed(
                ErrorKind::Refused,
                call.operation,
                call.resource,
                format!("the package `{}` cannot be read", artifact.path.display()),
            );
            error.source = Some(Box::new(cause));
            error
        };
        let file = tokio::fs::File::open(&artifact.path).await.map_err(told)?;
        let bytes = file.metadata().await.map_err(told)?.len();
        let request = cloud.web.put(url.clone()).header(CONTENT_TYPE, ZIP);
        let request = request.header(CONTENT_LENGTH, bytes).body(Body::from(file)).send();
        let last = tries > cloud.pace.retries;
        match tokio::time::timeout(cloud.pace.longest_try, request).await {
            Ok(Ok(answer)) if answer.status().is_success() => break,
            Ok(Ok(answer)) if last || !PASSING.contains(&answer.status().as_u16()) => {
                let status = answer.status().as_u16();
                let body = answer.bytes().await.unwrap_or_default();
                return Err(refused(call, status, &body));
            }
            Ok(Err(cause)) if last => return Err(broken(call, cause)),
            Err(_) if last => return Err(broken(call, crate::rest::Broken::Slow(None))),
            _ => tokio::time::sleep(pause(&cloud.pace, tries)).await,
        }
    }
    work.progress.bytes(artifact.packed_bytes, artifact.packed_bytes);
    Ok(())
}
