//! Makes what exists into what is wanted: looks, changes, and looks again when Azure objects.

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::share::Share;
use serde_json::Value;

use super::existing::{self, Existing};
use super::plan::{Change, changes, steps};
use super::publish::Package;
use super::replace::Replacing;
use super::site;
use super::wanted::Wanted;
use crate::blob::{File, Store};
use crate::connect::Cloud;
use crate::error::failed;
use crate::functions::Settings;
use crate::names::{MODELS, PACKAGES};
use crate::stamp::Stamp;
use crate::surroundings::{self, Looked};

/// How often a conflict (something exists already, or is being changed) leads to another look.
const ROUNDS: u32 = 8;

/// What a deploy works with.
pub(super) struct Work<'w> {
    pub(super) cloud: &'w Cloud,
    pub(super) wanted: &'w Wanted<'w>,
    pub(super) progress: &'w dyn Progress,
}

/// What was made on the way, for what comes after.
#[derive(Default)]
struct Made {
    store: Option<Store>,
    app: Option<Value>,
}

impl Work<'_> {
    /// Carries out `plan`, if it is still what would be done.
    pub(super) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let name = &self.wanted.place.service;
        let (mut existing, mut todo) = self.look().await?;
        if steps(&existing, self.wanted, &todo) != *plan {
            let reason = "what exists is no longer what the plan was made for";
            let error = failed(ErrorKind::Conflict, "deploy", name, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        for round in 1.. {
            match self.carry_out(&existing, &todo).await {
                // A repeated call meets what its first try made, or somebody else is at work.
                Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                    tokio::time::sleep(self.cloud.pace().poll).await;
                    (existing, todo) = self.look().await?;
                }
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn look(&self) -> Result<(Existing, Vec<Change>), ProviderError> {
        let existing = existing::look(self.cloud, self.wanted).await?;
        let todo = changes(&existing, self.wanted)?;
        Ok((existing, todo))
    }

    async fn carry_out(&self, existing: &Existing, todo: &[Change]) -> Result<(), ProviderError> {
        let mut made = Made::default();
        for change in todo {
            match *change {
                Change::Around(at) => {
                    let one = &existing.around[at];
                    surroundings::make(&self.cloud.arm, one, self.progress).await?;
                }
                Change::Model(at) => self.model(&mut made, at).await?,
                Change::App => made.app = Some(self.app(&mut made, existing).await?),
                Change::Package => self.package(&mut made).await?,
                Change::Replace => self.replace(&mut made, existing).await?,
            }
        }
        Ok(())
    }

    /// The storage account, which is there by now.
    async fn store<'m>(&self, made: &'m mut Made) -> Result<&'m Store, ProviderError> {
        let store = match made.store.take() {
            Some(store) => store,
            None => {
                let id = surroundings::storage_id(&self.wanted.place, &self.cloud.config);
                Store::open(self.cloud, &id).await?
            }
        };
        Ok(made.store.insert(store))
    }

    async fn model(&self, made: &mut Made, at: usize) -> Result<(), ProviderError> {
        let file = self.wanted.fetched[at];
        self.progress.step(&format!("upload model {}", file.name));
        let bytes = File { path: &file.path, bytes: file.bytes };
        self.store(made).await?.upload(MODELS, &file.sha256, bytes, self.progress).await
    }

    /// The app with its settings, in one call.
    async fn app(&self, made: &mut Made, existing: &Existing) -> Result<Value, ProviderError> {
        let store = self.store(made).await?;
        let wanted = match &existing.wanted_settings {
            Some(settings) => settings.clone(),
            None => self.settings(store).await?,
        };
        let settings = existing.settings.with(&wanted);
        let (config, packages) = (&self.cloud.config, site::own_packages(store));
        let resource = site::app(self.wanted, config, &packages, Some(&settings));
        let looked = Looked { resource, ..existing.app.clone() };
        surroundings::make(&self.cloud.arm, &looked, self.progress).await
    }

    /// The settings, now that all is there that they name.
    async fn settings(&self, store: &Store) -> Result<Settings, ProviderError> {
        let (place, config) = (&self.wanted.place, &self.cloud.config);
        let insights = surroundings::insights(place, config);
        let found = surroundings::look(&self.cloud.arm, [insights]).await?.remove(0).found;
        let logs =
            found.as_ref().and_then(|found| found["properties"]["ConnectionString"].as_str());
        let Some(logs) = logs else {
            let (operation, name) = ("look at the log component", place.service.as_str());
            let reason = "it says no connection string yet";
            return Err(failed(ErrorKind::Conflict, operation, name, reason));
        };
        Ok(site::settings(self.wanted, store, logs))
    }

    async fn package(&self, made: &mut Made) -> Result<(), ProviderError> {
        let name = self.wanted.package();
        self.progress.step(&format!("upload package {name}"));
        self.store(made).await?.upload(PACKAGES, &name, self.file(), self.progress).await
    }

    async fn replace(&self, made: &mut Made, existing: &Existing) -> Result<(), ProviderError> {
        let release = self.wanted.release;
        if release.share != Share::ALL {
            self.progress.step("the first version gets all traffic, as there is no other");
        }
        let store = self.store(made).await?.clone();
        let nothing = Value::Null;
        let replacing = Replacing {
            cloud: self.cloud,
            app: &existing.app.resource.id,
            found: made.app.as_ref().or(existing.app.found.as_ref()).unwrap_or(&nothing),
            ledger: &existing.ledger,
            store: &store,
            progress: self.progress,
        };
        let package = Package::File(self.file());
        replacing
            .with(Stamp::now(release, self.cloud.config.access), package, &release.samples)
            .await
    }

    fn file(&self) -> File<'_> {
        let artifact = &self.wanted.release.artifact;
        File { path: &artifact.path, bytes: artifact.packed_bytes }
    }
}
