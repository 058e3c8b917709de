//! Sends a release's samples to a version at an address of its own.

use mlship_core::deployment::{Answer, Request};
use mlship_core::provider::{ErrorKind, ProviderError, harmless};
use mlship_core::sample::{Sample, compare};
use reqwest::header::CONTENT_TYPE;

use super::found::Service;
use super::others;
use crate::connect::Cloud;
use crate::error::{Call, failed};
use crate::names::Place;
use crate::pace::Pace;

/// Where a version answers, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    /// The origin: that of the service, or of one of its tags.
    pub(crate) address: String,
    /// An identity token for the service; a public one asks for none.
    pub(crate) token: Option<String>,
    pub(crate) reach: Reach,
}

/// The turn of a revision to be tried: another deploy takes its address away for its own.
pub(crate) struct Turn<'t> {
    pub(crate) cloud: &'t Cloud,
    pub(crate) place: &'t Place,
    /// Its short name.
    pub(crate) revision: &'t str,
}

impl Turn<'_> {
    /// Fails once it is somebody else's.
    pub(crate) async fn is_ours(&self) -> Result<(), ProviderError> {
        let service = Service::look(self.cloud, self.place).await?;
        match service.is_some_and(|service| service.address_of(self.revision).is_some()) {
            true => Ok(()),
            false => Err(others::conflict(self.place)),
        }
    }
}

/// From where it can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Everywhere,
    /// From inside the network alone.
    Inside,
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
    turn: &Turn<'_>,
    door: &Door,
    samples: &[Sample],
) -> Result<(), ProviderError> {
    for sample in samples {
        let answer = patiently(turn, door, sample).await?;
        judge(&turn.place.service, sample, &answer, door.reach)?;
    }
    Ok(())
}

/// The same error, with what it means for those who call the service, and what to do.
pub(crate) fn stays(error: ProviderError, service: &Service) -> ProviderError {
    let stays = match service.traffic() {
        Some(traffic) => format!("nothing was moved: version `{}` is live as before", traffic.live),
        None => "nothing was moved: no version is live yet".to_owned(),
    };
    let error = error.with_hint(stays);
    match error.kind {
        ErrorKind::Verification => error.with_hint(
            "mend the model or the sample, and run `mlship deploy --provider gcp` again: what \
             answered wrongly is then removed",
        ),
        _ => error,
    }
}

/// A new address takes a while to be known everywhere, and a new right too.
async fn patiently(turn: &Turn<'_>, door: &Door, sample: &Sample) -> Result<Answer, ProviderError> {
    let Turn { cloud, place, .. } = *turn;
    let name = &place.service;
    let body = sample.request.to_string();
    let mut tries = 0;
    loop {
        tries += 1;
        let sent = Request::json(body.as_bytes());
        match predict(cloud, door, Call::new(OPERATION, name), sent).await {
            Ok(answer) if tries < tries_of(answer.status, door.reach, &cloud.pace) => {
                if answer.status == 404 {
                    turn.is_ours().await?;
                }
            }
            Err(error) if error.kind == ErrorKind::Unavailable && tries < cloud.pace.retries => {}
            outcome => return outcome,
        }
        tokio::time::sleep(cloud.pace.poll).await;
    }
}

/// How often an answer may be asked for. One that does not come in time takes minutes each.
fn tries_of(status: u16, reach: Reach, pace: &Pace) -> u32 {
    match status {
        // From outside it is never reached; inside, a new address takes a few seconds.
        404 if reach == Reach::Inside => pace.starts.min(5),
        404 | 429 | 502 | 503 => pace.starts,
        401 | 403 => pace.starts.min(30),
        500 | 504 => pace.starts.min(3),
        _ => 0,
    }
}

fn judge(name: &str, sample: &Sample, answer: &Answer, reach: Reach) -> Result<(), ProviderError> {
    let wrong = |reason: String| failed(ErrorKind::Verification, OPERATION, name, reason);
    if answer.status != 200 {
        let said = said(&String::from_utf8_lossy(&answer.body));
        let status = answer.status;
        let reason = format!("`{}` was answered with status {status}: {said}", sample.name);
        return Err(explain(wrong(reason), status, reach));
    }
    let Some(expected) = &sample.expect else { return Ok(()) };
    let got = serde_json::from_slice(&answer.body).unwrap_or_default();
    match compare(expected, &got) {
        Ok(_) => Ok(()),
        Err(mismatch) => Err(wrong(format!("`{}` was answered wrongly: {mismatch}", sample.name))),
    }
}

/// What an answer says. The pages of Google's own front end say no more than the status.
fn said(body: &str) -> String {
    match body.trim_start().starts_with('<') {
        true => "a page of Google's front end, not of the service".to_owned(),
        false => harmless(body),
    }
}

fn explain(error: ProviderError, status: u16, reach: Reach) -> ProviderError {
    match status {
        401 | 403 => error.with_hint(
            "to call a private service takes the role `roles/run.invoker`; `caller: …` in \
             `targets.gcp` names an account that has it",
        ),
        404 if reach == Reach::Inside => error.with_hint(
            "with this `ingress` the service cannot be reached from here: deploy from inside the \
             network, or write `ingress: all` in `targets.gcp`",
        ),
        504 => error.with_hint("give it more time, `timeout-s: …`, or a smaller model"),
        _ => error,
    }
}
