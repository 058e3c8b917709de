//! Sends the samples to a version that gets no traffic yet, and compares the answers.

use mlship_core::deployment::{Answer, Request};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::sample::{Sample, compare};
use serde_json::Value;

use crate::connect::Clients;
use crate::error::failed;
use crate::event;
use crate::invoke;

/// How much of a wrong answer an error repeats, in characters.
const EXCERPT: usize = 300;

/// Sends every sample to `version`. The first wrong answer is the error.
pub(crate) async fn check(
    clients: &Clients,
    name: &str,
    version: &str,
    samples: &[Sample],
) -> Result<(), ProviderError> {
    for sample in samples {
        let event = event::predict(Request::json(sample.request.to_string().as_bytes()));
        let problem = match invoke::send(clients, name, version, &event).await? {
            invoke::Outcome::Answer(answer) => judge(sample, &answer).err(),
            invoke::Outcome::Failure(why) => Some(format!("the function failed: {why}")),
        };
        if let Some(problem) = problem {
            let reason = format!("version {version} does not pass `{}`: {problem}", sample.name);
            let error = failed(ErrorKind::Verification, "verify the function", name, reason);
            return Err(error.with_hint(
                "traffic stays where it was; `mlship logs --provider aws` may say more",
            ));
        }
    }
    Ok(())
}

fn judge(sample: &Sample, answer: &Answer) -> Result<(), String> {
    if !(200..300).contains(&answer.status) {
        return Err(format!("status {}, {}", answer.status, excerpt(&answer.body)));
    }
    let Some(expected) = &sample.expect else { return Ok(()) };
    let got: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| format!("the answer is not JSON: {}", excerpt(&answer.body)))?;
    compare(expected, &got).map_err(|mismatch| mismatch.to_string())
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(EXCERPT).collect()
}
