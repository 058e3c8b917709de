//! Waits for long-running operations as Azure Resource Manager tells of them.
//!
//! Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations>.

use std::time::Duration;

use azure_core::http::{Method, Url};
use mlship_core::provider::{ErrorKind, ProviderError, phrase};
use serde_json::Value;

use super::answer::Answer;
use super::client::{Arm, Call};
use crate::error::{failed, kind_of};

/// Waits for what a call began. With `look`, the answer is what stands there in the end.
pub(super) async fn finished(
    arm: &Arm,
    call: Call<'_>,
    look: Option<&Url>,
    answer: Answer,
) -> Result<Value, ProviderError> {
    let mut pause = answer.retry_after;
    if let Some(operation) = &answer.operation {
        let url = arm.own(call, operation)?;
        watch(arm, call, &url, pause).await?;
        return match look {
            Some(look) => seen(arm, call, look).await,
            None => outcome(arm, call, answer.location.as_deref()).await,
        };
    }
    if let (202, Some(location)) = (answer.status, &answer.location) {
        let url = arm.own(call, location)?;
        for _ in 0..arm.pace.polls {
            rest(arm, pause).await;
            let now = arm.answer(call, Method::Get, &url, None).await?;
            if now.status != 202 {
                return match look {
                    Some(look) => seen(arm, call, look).await,
                    None => Ok(now.body),
                };
            }
            pause = now.retry_after;
        }
        return Err(too_long(call));
    }
    match look {
        Some(look) => match settled(arm, call, look, answer.body).await {
            Err(error) if error.kind == ErrorKind::NotFound => seen(arm, call, look).await,
            outcome => outcome,
        },
        None => Ok(answer.body),
    }
}

/// How often what was just made is looked for where it is not yet seen.
const LOOKS: u32 = 10;

/// What was just made, once it is seen everywhere and done.
async fn seen(arm: &Arm, call: Call<'_>, url: &Url) -> Result<Value, ProviderError> {
    for left in (0..LOOKS).rev() {
        let outcome = match arm.answer(call, Method::Get, url, None).await {
            Ok(answer) => settled(arm, call, url, answer.body).await,
            Err(error) => Err(error),
        };
        match outcome {
            Err(error) if error.kind == ErrorKind::NotFound && left > 0 => rest(arm, None).await,
            outcome => return outcome,
        }
    }
    Err(too_long(call))
}

/// Waits until `provisioningState` is a last one; what failed before is given back as it is.
pub(super) async fn settled(
    arm: &Arm,
    call: Call<'_>,
    url: &Url,
    mut body: Value,
) -> Result<Value, ProviderError> {
    for _ in 0..arm.pace.polls {
        match body["properties"]["provisioningState"].as_str() {
            None | Some("Succeeded" | "Failed" | "Canceled") => return Ok(body),
            Some(_) => rest(arm, None).await,
        }
        body = arm.answer(call, Method::Get, url, None).await?.body;
    }
    Err(too_long(call))
}

async fn watch(
    arm: &Arm,
    call: Call<'_>,
    url: &Url,
    mut pause: Option<Duration>,
) -> Result<(), ProviderError> {
    for _ in 0..arm.pace.polls {
        let now = arm.answer(call, Method::Get, url, None).await?;
        match now.body["status"].as_str() {
            Some("Succeeded") => return Ok(()),
            Some("Failed" | "Canceled") => return Err(unsuccessful(call, &now.body)),
            _ => {}
        }
        rest(arm, now.retry_after.or(pause.take())).await;
    }
    Err(too_long(call))
}

async fn outcome(
    arm: &Arm,
    call: Call<'_>,
    location: Option<&str>,
) -> Result<Value, ProviderError> {
    match location {
        Some(location) => {
            let url = arm.own(call, location)?;
            Ok(arm.answer(call, Method::Get, &url, None).await?.body)
        }
        None => Ok(Value::Null),
    }
}

fn unsuccessful(call: Call<'_>, body: &Value) -> ProviderError {
    let text = |key: &str| body["error"][key].as_str().unwrap_or_default();
    let kind = match kind_of(text("code"), 0) {
        ErrorKind::Refused => ErrorKind::Failed,
        kind => kind,
    };
    let reason = match text("message") {
        "" => "the operation failed and Azure does not say why",
        message => message,
    };
    failed(kind, call.operation, call.resource, phrase(reason))
}

fn too_long(call: Call<'_>) -> ProviderError {
    let reason = "it takes longer than mlship waits";
    let mut error = failed(ErrorKind::Unavailable, call.operation, call.resource, reason);
    error.hints.push("run the same command again later; it goes on where it stopped".into());
    error
}

/// Waits as long as Azure asks for, within reason.
async fn rest(arm: &Arm, asked: Option<Duration>) {
    let pause = asked.unwrap_or(arm.pace.poll).min(arm.pace.poll_max);
    tokio::time::sleep(pause.max(arm.pace.poll)).await;
}
