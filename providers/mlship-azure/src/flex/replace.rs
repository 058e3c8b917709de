//! Puts a version in the place of what runs, checks it, and writes down that it is the live one; or
//! puts back what was live.

use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::sample::Sample;
use serde_json::Value;

use super::publish::{Package, publish};
use super::wanted::package;
use crate::arm::Id;
use crate::blob::Store;
use crate::connect::Cloud;
use crate::error::failed;
use crate::functions::{self, Hosts, Keys};
use crate::ledger::Ledger;
use crate::names::PACKAGES;
use crate::smoke;
use crate::stamp::Stamp;

/// How often a wrong answer is asked for again: an instance with the version before may have given
/// it.
const LOOKS: u32 = 5;

/// The app, and what is known of its versions.
#[derive(Clone, Copy)]
pub(super) struct Replacing<'r> {
    pub(super) cloud: &'r Cloud,
    pub(super) app: &'r Id,
    /// The app as Azure shows it.
    pub(super) found: &'r Value,
    pub(super) ledger: &'r Ledger,
    pub(super) store: &'r Store,
    pub(super) progress: &'r dyn Progress,
}

impl Replacing<'_> {
    /// Makes `version` the live one, if it answers the samples. It is written down before anything
    /// is replaced that it is under trial, so that a run that is cut is known to be unfinished.
    pub(super) async fn with(
        &self,
        version: Stamp,
        bytes: Package<'_>,
        samples: &[Sample],
    ) -> Result<(), ProviderError> {
        let Self { cloud, app, ledger, progress, .. } = *self;
        ledger.trying(Some(version.clone())).write(&cloud.arm, app).await?;
        progress.step(&format!("publish version {}", version.id));
        if let Err(error) = self.run(&version, bytes, samples).await {
            return Err(self.back(&version, error).await);
        }
        let settled = ledger.settled(version);
        settled.write(&cloud.arm, app).await?;
        self.forget(&settled).await
    }

    /// Publishes it and sends the samples.
    async fn run(
        &self,
        version: &Stamp,
        bytes: Package<'_>,
        samples: &[Sample],
    ) -> Result<(), ProviderError> {
        let Self { cloud, app, found, progress, .. } = *self;
        let name = app.name();
        let hosts = Hosts::of(found);
        let Some((hosts, scm)) = hosts.and_then(|hosts| Some((hosts.clone(), hosts.scm?))) else {
            let reason = "Azure names no host that takes packages";
            return Err(failed(ErrorKind::Unavailable, "publish to", name, reason));
        };
        publish(cloud, &scm, name, bytes).await?;
        let keys = Keys::read(&cloud.arm, app).await?;
        functions::until_ready(cloud, &hosts, &keys, name, progress).await?;
        let door = functions::door(&hosts, &keys, version.access);
        progress.step("send the samples");
        let mut looks = 0;
        loop {
            looks += 1;
            match smoke::check(&cloud.web, cloud.pace(), &door, name, samples).await {
                // What has a hint is no answer of another version's.
                Err(error)
                    if error.kind == ErrorKind::Verification
                        && error.hints.is_empty()
                        && looks < LOOKS =>
                {
                    tokio::time::sleep(cloud.pace().poll).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// After a version that does not work, the live one is put back. One that could not be tried
    /// stays under trial, and the next run goes on.
    async fn back(&self, tried: &Stamp, error: ProviderError) -> ProviderError {
        let Self { cloud, app, ledger, progress, store, .. } = *self;
        let wrong =
            matches!(error.kind, ErrorKind::Verification | ErrorKind::Failed | ErrorKind::Refused);
        let Some(live) = ledger.live.as_ref().filter(|_| wrong) else { return error };
        progress.step(&format!("put back version {}", live.id));
        let name = package(&live.package_sha256);
        let back = async {
            self.run(live, Package::Kept(store, &name), &[]).await?;
            let settled = ledger.trying(None);
            settled.write(&cloud.arm, app).await?;
            self.forget(&settled).await
        };
        match back.await {
            Ok(()) => error,
            Err(why) => error.with_hint(format!(
                "version `{}` may still run instead of `{}`, which could not be put back: \
                     {why}; `mlship rollback` tries again",
                tried.id, live.id
            )),
        }
    }

    /// Packages are kept for the versions that one can go to, and for no other.
    async fn forget(&self, settled: &Ledger) -> Result<(), ProviderError> {
        let kept = [&settled.live, &settled.previous];
        let kept: Vec<String> =
            kept.into_iter().flatten().map(|one| package(&one.package_sha256)).collect();
        for name in self.store.names(PACKAGES).await? {
            if !kept.contains(&name) {
                self.store.delete(PACKAGES, &name).await?;
            }
        }
        Ok(())
    }
}
