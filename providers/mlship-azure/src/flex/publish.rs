//! Gives the app a package, and waits until it has taken it.
//!
//! Source: <https://learn.microsoft.com/azure/azure-functions/functions-deployment-technologies>;
//! the requests are those of azure-cli 2.91.0.

use mlship_core::deployment::Answer;
use mlship_core::provider::{ErrorKind, ProviderError, phrase};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use reqwest::{Body, Method, RequestBuilder};
use serde_json::Value;
use tokio::fs;

use crate::arm::Call;
use crate::blob::{File, Store};
use crate::connect::Cloud;
use crate::error::{failed, refused};
use crate::names::PACKAGES;
use crate::web::may_pass;

/// What is tried here, in words.
const OPERATION: &str = "publish the package to";

/// Where the bytes of a package are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Package<'p> {
    /// On disk.
    File(File<'p>),
    /// Among the packages that are kept, under this name.
    Kept(&'p Store, &'p str),
}

/// Publishes it to the app at `scm`, and waits.
///
/// # Errors
/// [`ErrorKind::Failed`] when the app does not take it.
pub(super) async fn publish(
    cloud: &Cloud,
    scm: &str,
    app: &str,
    package: Package<'_>,
) -> Result<(), ProviderError> {
    let call = Call { operation: OPERATION, resource: app };
    let answer = send(cloud, call, scm, package).await?;
    let id: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let id = id.as_str().or_else(|| id["id"].as_str()).filter(|id| is_plain(id));
    let path = format!("/api/deployments/{}", id.unwrap_or("latest"));
    for _ in 0..cloud.pace().polls {
        tokio::time::sleep(cloud.pace().poll).await;
        let request = cloud.web.request(Method::GET, scm, &path);
        let request = signed(cloud, call, request).await?;
        let answer = match cloud.web.send(call, request).await {
            // The endpoint starts anew now and then.
            Err(error) if error.kind == ErrorKind::Unavailable => continue,
            answer => answer?,
        };
        if answer.status > 299 && !may_be_repeated(answer.status) {
            return Err(refused(OPERATION, app, answer.status, &answer.body));
        }
        let now: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if is_over(&now, app)? {
            return Ok(());
        }
    }
    let reason = "the app does not take it in the time that mlship waits";
    let error = failed(ErrorKind::Unavailable, OPERATION, app, reason);
    Err(error.with_hint("run the same command again; it goes on where it stopped"))
}

/// A package that fails to arrive is sent again.
async fn send(
    cloud: &Cloud,
    call: Call<'_>,
    scm: &str,
    package: Package<'_>,
) -> Result<Answer, ProviderError> {
    let mut pause = cloud.pace().retry_backoff;
    for left in (0..=cloud.pace().retries).rev() {
        let path = "/api/publish?RemoteBuild=false&Deployer=mlship";
        let request = cloud.web.request(Method::POST, scm, path);
        let request = request.header(CONTENT_TYPE, "application/zip").header(IF_MATCH, "*");
        let (body, bytes) = open(call, package).await?;
        let request = match bytes {
            Some(bytes) => request.header(CONTENT_LENGTH, bytes),
            None => request,
        };
        let request = signed(cloud, call, request.body(body)).await?;
        match cloud.web.send(call, request).await {
            Ok(answer) if answer.status <= 299 => return Ok(answer),
            // The name of a new app is not known everywhere at once.
            Ok(answer) if left > 0 && may_be_repeated(answer.status) => {}
            Err(error) if left > 0 && error.kind == ErrorKind::Unavailable => {}
            Ok(answer) => return Err(explain(call, &answer)),
            Err(error) => return Err(error),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(failed(ErrorKind::Unavailable, OPERATION, call.resource, "it is not taken"))
}

fn may_be_repeated(status: u16) -> bool {
    may_pass(status) || status == 429 || status >= 500
}

fn explain(call: Call<'_>, answer: &Answer) -> ProviderError {
    let error = refused(call.operation, call.resource, answer.status, &answer.body);
    match error.kind {
        ErrorKind::Denied => error.with_hint(
            "publishing takes the action `Microsoft.Web/sites/publish/action`, which the role \
             `Website Contributor` has",
        ),
        _ => error,
    }
}

async fn signed(
    cloud: &Cloud,
    call: Call<'_>,
    request: RequestBuilder,
) -> Result<RequestBuilder, ProviderError> {
    let token = cloud.arm.token(call).await?;
    Ok(request.header(AUTHORIZATION, format!("Bearer {token}")))
}

/// The bytes as they are read, and how many where that is known.
async fn open(call: Call<'_>, package: Package<'_>) -> Result<(Body, Option<u64>), ProviderError> {
    match package {
        Package::File(File { path, bytes }) => {
            let file = fs::File::open(path).await.map_err(|cause| {
                let reason = format!("`{}` cannot be read", path.display());
                let mut error = failed(ErrorKind::Refused, OPERATION, call.resource, reason);
                error.source = Some(Box::new(cause));
                error
            })?;
            Ok((Body::from(file), Some(bytes)))
        }
        Package::Kept(store, name) => {
            let bytes = store.length(PACKAGES, name).await?;
            let body = store.bytes(PACKAGES, name).await?;
            match body {
                Some(body) => Ok((body, bytes)),
                None => {
                    let reason = "the package of that version is not kept any more";
                    let error = failed(ErrorKind::NotFound, OPERATION, call.resource, reason);
                    Err(error.with_hint("deploy it again with `mlship deploy --provider azure`"))
                }
            }
        }
    }
}

/// Whether a deployment is over.
/// Statuses: 0 waiting, 1 building, 2 deploying, 3 failed, 4 done, 5 in conflict, 6 done in part.
fn is_over(now: &Value, app: &str) -> Result<bool, ProviderError> {
    let kind = match now["status"].as_i64() {
        Some(4) => return Ok(true),
        Some(3 | 6) => ErrorKind::Failed,
        Some(5) => ErrorKind::Conflict,
        _ => return Ok(false),
    };
    let words = ["status_text", "message", "progress"];
    let words = words.iter().filter_map(|key| now[*key].as_str()).find(|text| !text.is_empty());
    let reason = words.map_or_else(|| "the deployment failed".to_owned(), phrase);
    let error = failed(kind, OPERATION, app, reason);
    Err(error.with_hint("the deployment center of the app in the portal has its log"))
}

/// What can be a part of a path.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
