//! Sends a release's samples to a version, wherever it answers.

use std::time::Instant;

use mlship_core::deployment::{Answer, Request};
use mlship_core::provider::{ErrorKind, ProviderError, harmless};
use mlship_core::sample::{Sample, compare};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::arm::Call;
use crate::error::failed;
use crate::pace::Pace;
use crate::web::{LONGEST_ANSWER, Web, may_pass};

/// Where a version answers, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// Host, with a port where it is not the usual one.
    pub(crate) host: String,
    pub(crate) key: Key,
}

/// What a caller shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// Nothing: it is public.
    None,
    /// A key of the Functions host, as `x-functions-key`.
    Function(String),
    /// A key that the runtime checks, as a bearer token.
    Runtime(String),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Function(_) => "Function(..)",
            Self::Runtime(_) => "Runtime(..)",
        })
    }
}

/// Sends a prediction request.
pub(crate) async fn predict(
    web: &Web,
    door: &Door,
    call: Call<'_>,
    sent: Request<'_>,
) -> Result<Answer, ProviderError> {
    let request = web.request(Method::POST, &door.host, "/predict");
    let request = request.header(CONTENT_TYPE, sent.media_type).body(sent.body.to_vec());
    let request = match &door.key {
        Key::None => request,
        Key::Function(key) => request.header("x-functions-key", key),
        Key::Runtime(key) => request.header(AUTHORIZATION, format!("Bearer {key}")),
    };
    web.send(call, request).await
}

/// Waits until the version answers at all, and compares what it answers to the samples.
pub(crate) async fn check(
    web: &Web,
    pace: &Pace,
    door: &Door,
    name: &str,
    samples: &[Sample],
) -> Result<(), ProviderError> {
    let call = Call { operation: "check the new version of", resource: name };
    for sample in samples {
        let answer = patiently(web, pace, door, call, sample).await?;
        judge(name, sample, &answer)?;
    }
    Ok(())
}

async fn patiently(
    web: &Web,
    pace: &Pace,
    door: &Door,
    call: Call<'_>,
    sample: &Sample,
) -> Result<Answer, ProviderError> {
    let body = sample.request.to_string();
    let mut tries = 0;
    loop {
        tries += 1;
        let begun = Instant::now();
        match predict(web, door, call, Request::json(body.as_bytes())).await {
            // What was cut after minutes was not refused by something that still starts.
            Ok(answer) if begun.elapsed() > LONGEST_ANSWER / 2 => return Ok(answer),
            Ok(answer) if may_pass(answer.status) && tries < tries_of(answer.status, pace) => {}
            Err(error) if error.kind == ErrorKind::Unavailable && tries < pace.starts.min(5) => {}
            outcome => return outcome,
        }
        tokio::time::sleep(pace.poll).await;
    }
}

/// How often an answer may be asked for. One that does not come in time takes minutes each.
fn tries_of(status: u16, pace: &Pace) -> u32 {
    if status == 504 { pace.starts.min(3) } else { pace.starts }
}

fn judge(name: &str, sample: &Sample, answer: &Answer) -> Result<(), ProviderError> {
    let wrong = |reason: String| {
        Err(failed(ErrorKind::Verification, "check the new version of", name, reason))
    };
    match answer.status {
        200 => {}
        status => {
            let said = harmless(&String::from_utf8_lossy(&answer.body));
            let refused =
                wrong(format!("`{}` was answered with status {status}: {said}", sample.name));
            return refused.map_err(|error| explain(error, status));
        }
    }
    let Some(expected) = &sample.expect else { return Ok(()) };
    let got = serde_json::from_slice(&answer.body).unwrap_or_default();
    match compare(expected, &got) {
        Ok(_) => Ok(()),
        Err(mismatch) => wrong(format!("`{}` was answered wrongly: {mismatch}", sample.name)),
    }
}

fn explain(error: ProviderError, status: u16) -> ProviderError {
    match status {
        502 | 504 => error.with_hint(format!(
            "an answer must come within {} s on Azure: use a smaller model, more memory, or \
                 run it where requests may last longer (`mlship check-limits`)",
            LONGEST_ANSWER.as_secs()
        )),
        404 => error.with_hint("the host does not know the function: look at `mlship logs`"),
        _ => error,
    }
}
