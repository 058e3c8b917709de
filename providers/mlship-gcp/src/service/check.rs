//! Sends a release's samples to a version at an address of its own.

use mlship_core::deployment::{Answer, Request};
use mlship_core::provider::{ErrorKind, ProviderError, harmless};
use mlship_core::sample::{Sample, compare};
use reqwest::header::CONTENT_TYPE;

use crate::connect::Cloud;
use crate::error::{Call, failed};
use crate::pace::Pace;

/// Where a version answers, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// The origin: that of the service, or of one of its tags.
    pub(crate) address: String,
    /// An identity token for the service; a public one asks for none.
    pub(crate) token: Option<String>,
}

/// What is tried here, in words.
const OPERATION: &str = "check the new version of";

/// Sends a prediction request.
pub(crate) async fn predict(
    cloud: &Cloud,
    door: &Door,
    call: Call<'_>,
    sent: Request<'_>,
) -> Result<Answer, ProviderError> {
    let address = format!("{}/predict", door.address.trim_end_matches('/'));
    let request = cloud.web.post(address).header(CONTENT_TYPE, sent.media_type);
    let request = match &door.token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = cloud.rest.plain(call, request.body(sent.body.to_vec())).await?;
    Ok(Answer { status: answer.status, body: answer.body })
}

/// Waits until the version answers at all, and compares what it answers to the samples.
pub(crate) async fn check(
    cloud: &Cloud,
    door: &Door,
    name: &str,
    samples: &[Sample],
) -> Result<(), ProviderError> {
    for sample in samples {
        let answer = patiently(cloud, door, name, sample).await?;
        judge(name, sample, &answer)?;
    }
    Ok(())
}

/// A new address takes a while to be known everywhere, and a new right too.
async fn patiently(
    cloud: &Cloud,
    door: &Door,
    name: &str,
    sample: &Sample,
) -> Result<Answer, ProviderError> {
    let body = sample.request.to_string();
    let mut tries = 0;
    loop {
        tries += 1;
        match predict(cloud, door, Call::new(OPERATION, name), Request::json(body.as_bytes())).await
        {
            Ok(answer) if tries < tries_of(answer.status, &cloud.pace) => {}
            Err(error) if error.kind == ErrorKind::Unavailable && tries < cloud.pace.retries => {}
            outcome => return outcome,
        }
        tokio::time::sleep(cloud.pace.poll).await;
    }
}

/// How often an answer may be asked for. One that does not come in time takes minutes each.
fn tries_of(status: u16, pace: &Pace) -> u32 {
    match status {
        404 | 429 | 502 | 503 => pace.starts,
        401 | 403 => pace.starts.min(30),
        500 | 504 => pace.starts.min(3),
        _ => 0,
    }
}

fn judge(name: &str, sample: &Sample, answer: &Answer) -> Result<(), ProviderError> {
    let wrong = |reason: String| failed(ErrorKind::Verification, OPERATION, name, reason);
    if answer.status != 200 {
        let said = harmless(&String::from_utf8_lossy(&answer.body));
        let status = answer.status;
        let reason = format!("`{}` was answered with status {status}: {said}", sample.name);
        return Err(explain(wrong(reason), status));
    }
    let Some(expected) = &sample.expect else { return Ok(()) };
    let got = serde_json::from_slice(&answer.body).unwrap_or_default();
    match compare(expected, &got) {
        Ok(_) => Ok(()),
        Err(mismatch) => Err(wrong(format!("`{}` was answered wrongly: {mismatch}", sample.name))),
    }
}

fn explain(error: ProviderError, status: u16) -> ProviderError {
    match status {
        401 | 403 => error.with_hint(
            "to call a private service takes the role `roles/run.invoker`; `caller: …` in \
             `targets.gcp` names an account that has it",
        ),
        404 => error.with_hint(
            "with `ingress: internal` the service cannot be reached from here: deploy from inside \
             the network, or with `ingress: all`",
        ),
        504 => error.with_hint("give it more time, `timeout-s: …`, or a smaller model"),
        _ => error,
    }
}
