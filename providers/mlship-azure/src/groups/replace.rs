//! Puts a version in the place of what runs, checks it, and writes down that it is the live one; or
//! puts back what was live.

use mlship_core::notice::words;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError, phrase};
use mlship_core::sample::Sample;
use reqwest::Method;
use serde_json::Value;

use super::body::{Told, sent};
use super::{door, logs};
use crate::arm::{Call, Id};
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::{Images, Pull, not_yet};
use crate::ledger::Ledger;
use crate::smoke::{self, Door};
use crate::stamp::Stamp;
use crate::web::may_pass;

/// How often an image is tried that may not be pulled: a right that was just given takes minutes.
const PULLS: u32 = 20;

/// How often a container may have been begun anew before it is taken for one that does not start.
const RESTARTS: u64 = 4;

/// How many lines of its log an error tells.
const LINES: usize = 5;

/// The group, and what is known of its versions.
#[derive(Clone, Copy)]
pub(super) struct Replacing<'r> {
    pub(super) cloud: &'r Cloud,
    pub(super) group: &'r Id,
    pub(super) images: &'r Images,
    pub(super) ledger: &'r Ledger,
    pub(super) told: &'r Told,
    /// The group with an image, as it is sent.
    pub(super) body: &'r (dyn Fn(&Pull) -> Value + Sync),
    pub(super) progress: &'r dyn Progress,
}

impl Replacing<'_> {
    /// Makes `version`, whose image is there, the live one, if it answers the samples. With the
    /// image it is written down that it is under trial, so that a run that is cut is known to be
    /// unfinished.
    pub(super) async fn with(
        &self,
        version: Stamp,
        pull: &Pull,
        samples: &[Sample],
    ) -> Result<(), ProviderError> {
        let Self { cloud, group, ledger, progress, .. } = *self;
        progress.step(&format!("run version {}", version.id));
        let trying = ledger.trying(Some(version.clone()));
        if let Err(error) = self.run(pull, &trying, samples).await {
            return Err(self.back(&trying, pull, error).await);
        }
        let settled = ledger.settled(version);
        settled.write(&cloud.arm, group).await?;
        self.forget(pull, &settled).await;
        Ok(())
    }

    async fn run(
        &self,
        pull: &Pull,
        ledger: &Ledger,
        samples: &[Sample],
    ) -> Result<(), ProviderError> {
        let Self { cloud, group, progress, .. } = *self;
        self.put(&sent((self.body)(pull), self.told, ledger)).await?;
        progress.step("wait for the container");
        let door = self.running().await?;
        self.listening(&door).await?;
        progress.step("send the samples");
        smoke::check(&cloud.web, cloud.pace(), &door, group.name(), samples).await
    }

    async fn put(&self, body: &Value) -> Result<(), ProviderError> {
        let Self { cloud, group, progress, .. } = *self;
        let call = Call { operation: "make the container group", resource: group.name() };
        for left in (0..PULLS).rev() {
            match cloud.arm.put(call, group, body).await {
                Err(error) if not_yet(&error) && left > 0 => {
                    progress.step("wait until the image may be pulled");
                    tokio::time::sleep(cloud.pace().poll).await;
                }
                Err(error) => return Err(error),
                Ok(_) => break,
            }
        }
        Ok(())
    }

    /// Waits until the container runs; where callers come in.
    async fn running(&self) -> Result<Door, ProviderError> {
        let Self { cloud, group, .. } = *self;
        let call = Call { operation: "look at the container group", resource: group.name() };
        for _ in 0..cloud.pace().polls {
            let found = cloud.arm.glance(call, group, &[]).await?.unwrap_or_default();
            match state(&found) {
                State::Running => {
                    if let Some(door) = door::of(&found) {
                        return Ok(door);
                    }
                }
                State::Failing(why) => return Err(self.not_up(&why).await),
                State::Starting => {}
            }
            tokio::time::sleep(cloud.pace().poll).await;
        }
        Err(self.not_up("it does not run in the time that mlship waits").await)
    }

    /// Waits until something answers: a name is known everywhere some time after it was given.
    async fn listening(&self, door: &Door) -> Result<(), ProviderError> {
        let Self { cloud, group, .. } = *self;
        let call = Call { operation: "call", resource: group.name() };
        for left in (0..cloud.pace().polls).rev() {
            let request = cloud.web.request(Method::GET, &door.host, "/readyz");
            match cloud.web.send(call, request).await {
                Ok(answer) if !may_pass(answer.status) => return Ok(()),
                Err(error) if left == 0 || error.kind != ErrorKind::Unavailable => {
                    return Err(error);
                }
                _ => {}
            }
            if let State::Failing(why) = state(&self.glance().await?) {
                return Err(self.not_up(&why).await);
            }
            tokio::time::sleep(cloud.pace().poll).await;
        }
        Err(self.not_up("it does not answer in the time that mlship waits").await)
    }

    async fn glance(&self) -> Result<Value, ProviderError> {
        let call = Call { operation: "look at the container group", resource: self.group.name() };
        Ok(self.cloud.arm.glance(call, self.group, &[]).await?.unwrap_or_default())
    }

    async fn not_up(&self, why: &str) -> ProviderError {
        let Self { cloud, group, .. } = *self;
        let error = failed(ErrorKind::Failed, "start the container of", group.name(), phrase(why));
        // What it wrote is an addition: that it cannot be had is no other error.
        let lines = logs::tail(cloud, group, LINES).await.unwrap_or_default();
        lines
            .iter()
            .fold(error, |error, line| error.with_hint(format!("it wrote: {}", words(&line.text))))
    }

    /// After a version that does not work, the live one is put back. One that could not be tried
    /// stays under trial, and the next run goes on.
    async fn back(&self, tried: &Ledger, pull: &Pull, error: ProviderError) -> ProviderError {
        let Self { cloud, group, ledger, progress, .. } = *self;
        let wrong =
            matches!(error.kind, ErrorKind::Verification | ErrorKind::Failed | ErrorKind::Refused);
        let Some(live) = ledger.live.as_ref().filter(|_| wrong) else { return error };
        progress.step(&format!("put back version {}", live.id));
        let back = async {
            self.run(&pull.of(&live.id), tried, &[]).await?;
            ledger.trying(None).write(&cloud.arm, group).await
        };
        match Box::pin(back).await {
            Ok(()) => {
                self.forget(pull, &ledger.trying(None)).await;
                error
            }
            Err(why) => error.with_hint(format!(
                "version `{}` could not be put back: {why}; `mlship rollback` tries again",
                live.id
            )),
        }
    }

    /// Images are kept for the versions that one can go to, and for no other.
    async fn forget(&self, pull: &Pull, settled: &Ledger) {
        let kept = [&settled.live, &settled.previous].into_iter().flatten();
        let kept: Vec<String> = kept.map(|stamp| stamp.id.clone()).collect();
        self.images.keep(self.cloud, &pull.server, &kept, self.progress).await;
    }
}

enum State {
    Starting,
    Running,
    Failing(String),
}

fn state(found: &Value) -> State {
    let properties = &found["properties"];
    let view = &properties["containers"][0]["properties"]["instanceView"];
    let current = &view["currentState"];
    let detail = current["detailStatus"].as_str().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match (text(&properties["provisioningState"]).as_str(), text(&current["state"]).as_str()) {
        ("Failed", _) => State::Failing(last_event(properties)),
        _ if detail.contains("CrashLoop") || view["restartCount"].as_u64() > Some(RESTARTS) => {
            State::Failing(format!("it ends again and again ({detail})"))
        }
        ("Succeeded", "Running") => State::Running,
        _ => State::Starting,
    }
}

fn last_event(properties: &Value) -> String {
    let events = properties["instanceView"]["events"].as_array();
    let last = events.and_then(|events| events.last()?["message"].as_str());
    last.unwrap_or("Azure does not say why").to_owned()
}
