//! Checks what a place runs, gives it the traffic, and writes that down.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::sample::Sample;
use reqwest::Method;
use serde_json::{Value, json};

use crate::arm::Call;
use crate::config::Kind;
use crate::connect::Cloud;
use crate::error::failed;
use crate::functions::{Hosts, Keys, Settings, door, sync, until_ready};
use crate::ledger::Ledger;
use crate::names::SLOT;
use crate::smoke::{self, Door, Key};
use crate::stamp::Stamp;

use super::bodies::Where;
use super::program::Names;
use super::settings::{KEY, STAMP};

/// A version that is looked at before it gets the traffic.
pub(crate) struct Trial<'t> {
    pub(crate) cloud: &'t Cloud,
    pub(crate) names: &'t Names,
    pub(crate) progress: &'t dyn Progress,
}

impl Trial<'_> {
    /// Waits until the place runs, and sends the samples there if there are any.
    pub(crate) async fn check(
        &self,
        at: Where,
        samples: Option<&[Sample]>,
    ) -> Result<(), ProviderError> {
        let Self { cloud, names, progress } = *self;
        let id = names.at(at);
        let service = &names.place.service;
        let call = Call { operation: "look at the app", resource: id.name() };
        let found = cloud.arm.get(call, &id).await?.unwrap_or_default();
        let hosts = hosts(service, &found)?;
        let door = match names.kind {
            Kind::WebApp => {
                let settings = Settings::read(&cloud.arm, &id).await?;
                let door = web_door(&hosts, &settings);
                progress.step("wait for the container");
                self.until_up(&door).await?;
                door
            }
            _ => {
                sync(&cloud.arm, &id).await?;
                let keys = Keys::read(&cloud.arm, &id).await?;
                until_ready(cloud, &hosts, &keys, service, progress).await?;
                door(&hosts, &keys, names.access)
            }
        };
        match samples {
            Some(samples) => {
                progress.step("check the new version");
                smoke::check(&cloud.web, cloud.pace(), &door, service, samples).await
            }
            None => Ok(()),
        }
    }

    /// Waits until the container says that its model is loaded.
    async fn until_up(&self, door: &Door) -> Result<(), ProviderError> {
        let Self { cloud, names, progress } = *self;
        let call = Call { operation: "start the container of", resource: &names.place.service };
        let mut last = String::new();
        for _ in 0..cloud.pace().polls / 3 {
            let before = last.clone();
            let request = cloud.web.request(Method::GET, &door.host, "/readyz");
            match cloud.web.send(call, request).await {
                Ok(answer) if answer.status <= 299 => return Ok(()),
                Ok(answer) => last = format!("status {}", answer.status),
                Err(error) if error.kind == ErrorKind::Unavailable => last = error.reason,
                Err(error) => return Err(error),
            }
            if last != before {
                progress.step(&format!("wait for the container: {last}"));
            }
            tokio::time::sleep(cloud.pace().poll).await;
        }
        let reason = format!("it is not up in the time that mlship waits: {last}");
        let error = failed(ErrorKind::Failed, call.operation, call.resource, reason);
        Err(error.with_hint("`mlship logs --provider azure` shows what it wrote"))
    }

    /// Writes down that a version is live, once it is seen that it is; the answer is what was
    /// written.
    pub(crate) async fn settle(
        &self,
        ledger: &Ledger,
        stamp: &Stamp,
    ) -> Result<Ledger, ProviderError> {
        let Self { cloud, names, .. } = *self;
        let settings = Settings::read(&cloud.arm, &names.site).await?;
        let runs = settings.get(STAMP).and_then(Stamp::read).filter(|runs| runs.is(stamp));
        let Some(runs) = runs else {
            let reason = "another version is live than the one that was moved there";
            let service = &names.place.service;
            return Err(failed(ErrorKind::Conflict, "move the traffic of", service, reason));
        };
        let settled = ledger.settled(runs);
        settled.write(&cloud.arm, &names.site).await?;
        Ok(settled)
    }
}

/// Swaps the slot with production. It is asked for once: asked twice, it would be undone.
pub(crate) async fn swap(
    cloud: &Cloud,
    names: &Names,
    progress: &dyn Progress,
) -> Result<(), ProviderError> {
    progress.step(&format!("swap the slot {SLOT} with production"));
    let call = Call { operation: "swap the slot of", resource: names.site.name() };
    let body = json!({"targetSlot": SLOT, "preserveVnet": true});
    cloud.arm.post_once(call, &names.site, "slotsswap", &body).await.map(|_: Value| ())
}

/// Where an app or slot answers.
pub(crate) fn hosts(service: &str, found: &Value) -> Result<Hosts, ProviderError> {
    Hosts::of(found).ok_or_else(|| {
        let reason = "Azure does not say where it answers";
        failed(ErrorKind::Unavailable, "look at the app of", service, reason)
    })
}

/// Where callers come in to a container, with its key, when it has one.
pub(crate) fn web_door(hosts: &Hosts, settings: &Settings) -> Door {
    let key = settings.get(KEY).filter(|key| !key.is_empty());
    Door {
        host: hosts.standard.clone(),
        key: key.map_or(Key::None, |key| Key::Runtime(key.to_owned())),
    }
}
