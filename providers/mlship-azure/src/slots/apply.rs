//! Makes what exists into what is wanted: looks, changes, and looks again when Azure objects.

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;

use crate::arm::Call;
use crate::blob::{File, Store};
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::Pull;
use crate::ledger::Ledger;
use crate::names::{MODELS, PACKAGES};
use crate::surroundings::{self, Looked};

use super::bodies::{self, Where};
use super::changes::{By, Change, changes};
use super::existing::{self, Existing};
use super::place::{Code, Place};
use super::promote::{self, Trial};
use super::steps;
use super::wanted::Wanted;

/// How often a conflict (something exists already, or is being changed) leads to another look.
/// The pauses grow: a swap takes minutes.
const ROUNDS: u32 = 8;

/// What a deploy works with.
pub(crate) struct Work<'a> {
    pub(crate) cloud: &'a Cloud,
    pub(crate) release: &'a Release,
    pub(crate) wanted: &'a Wanted,
    pub(crate) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// What would be done.
    pub(crate) async fn plan(&self) -> Result<Plan, ProviderError> {
        let (existing, todo) = self.look().await?;
        Ok(steps::plan(&todo, &existing, self.wanted))
    }

    /// Carries out `plan`, if it is still what would be done.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let (mut existing, mut todo) = self.look().await?;
        if steps::plan(&todo, &existing, self.wanted) != *plan {
            let name = &self.release.project.name.value;
            let reason = "what exists is no longer what the plan was made for";
            let error = failed(ErrorKind::Conflict, "deploy", name, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        for round in 1.. {
            match self.carry_out(&existing, &todo).await {
                // A repeated call meets what its first try made, or somebody else is at work.
                Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                    tokio::time::sleep(self.cloud.pace().poll * 4 * round).await;
                    (existing, todo) = self.look().await?;
                }
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn look(&self) -> Result<(Existing, Vec<Change>), ProviderError> {
        let existing = existing::look(self.cloud, self.release, self.wanted).await?;
        let todo = changes(&existing, self.wanted)?;
        Ok((existing, todo))
    }

    async fn carry_out(&self, existing: &Existing, todo: &[Change]) -> Result<(), ProviderError> {
        let mut pull = None;
        for change in todo {
            match change {
                Change::Make(looked) => {
                    surroundings::make(&self.cloud.arm, looked, self.progress).await?;
                }
                Change::Adjust(looked) => self.adjust(looked).await?,
                Change::UploadModel(at) => self.model(*at).await?,
                Change::Upload => self.package().await?,
                Change::Image => pull = self.image(existing).await?,
                Change::Create(at) => self.create(existing, *at, pull.as_ref()).await?,
                Change::Deploy(at, _) => self.deploy(existing, *at, pull.as_ref()).await?,
                Change::Promote(by) => self.promote(existing, *by).await?,
            }
        }
        Ok(())
    }

    async fn adjust(&self, looked: &Looked) -> Result<(), ProviderError> {
        let id = &looked.resource.id;
        self.progress.step("update the web settings");
        let call = Call { operation: "update the web settings of", resource: id.name() };
        self.cloud.arm.patch(call, id, &looked.resource.body).await.map(|_| ())
    }

    async fn store(&self) -> Result<Store, ProviderError> {
        let names = &self.wanted.program.names;
        let account = surroundings::storage_id(&names.place, &self.cloud.config);
        Store::open(self.cloud, &account).await
    }

    async fn model(&self, at: usize) -> Result<(), ProviderError> {
        let file = &self.wanted.fetched[at];
        self.progress.step(&format!("upload model {}", file.name));
        let from = File { path: &file.path, bytes: file.bytes };
        self.store().await?.upload(MODELS, &file.sha256, from, self.progress).await
    }

    async fn package(&self) -> Result<(), ProviderError> {
        let Wanted { program, path, bytes, .. } = self.wanted;
        let name = program.names.package_name(&program.stamp);
        self.progress.step(&format!("upload package {name}"));
        let from = File { path, bytes: *bytes };
        self.store().await?.upload(PACKAGES, &name, from, self.progress).await
    }

    async fn image(&self, existing: &Existing) -> Result<Option<Pull>, ProviderError> {
        let (Some((images, image)), Some(looked)) = (&self.wanted.image, &existing.images) else {
            return Ok(None);
        };
        images.make(self.cloud, looked, image, self.progress).await.map(Some)
    }

    /// What a place is told to run.
    async fn code(&self, existing: &Existing, pull: Option<&Pull>) -> Result<Code, ProviderError> {
        let (Some((images, image)), Some(looked)) = (&self.wanted.image, &existing.images) else {
            return Ok(Code::Package);
        };
        let there;
        let pull = match pull {
            Some(pull) => pull,
            None => {
                there = images.pull(looked, &image.tag, crate::images::Right::Known)?;
                &there
            }
        };
        Ok(Code::Image { fx: format!("DOCKER|{}", pull.image), client: pull.client_id.clone() })
    }

    fn place<'p>(&'p self, existing: &'p Existing, at: Where) -> Place<'p> {
        Place {
            cloud: self.cloud,
            program: &self.wanted.program,
            app: existing.app.as_ref(),
            at,
            progress: self.progress,
        }
    }

    async fn create(
        &self,
        existing: &Existing,
        at: Where,
        pull: Option<&Pull>,
    ) -> Result<(), ProviderError> {
        self.progress.step(&format!("create {} {}", at.noun(), steps::name(self.wanted, at)));
        let code = self.code(existing, pull).await?;
        let client = match &code {
            Code::Image { client, .. } => Some(client.as_str()),
            Code::Package => None,
        };
        let web = bodies::web(self.wanted, at, client);
        let site = bodies::site(self.wanted, at);
        self.place(existing, at).create(site, &web, &code).await
    }

    async fn deploy(
        &self,
        existing: &Existing,
        at: Where,
        pull: Option<&Pull>,
    ) -> Result<(), ProviderError> {
        let code = self.code(existing, pull).await?;
        self.place(existing, at).deploy(&code).await
    }

    async fn promote(&self, existing: &Existing, by: By) -> Result<(), ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        let mut ledger = existing.app.as_ref().map_or_else(Ledger::default, |app| app.ledger());
        let names = &wanted.program.names;
        let trial = Trial { cloud, names, progress };
        match by {
            By::WritingDown => ledger.write(&cloud.arm, &names.site).await?,
            By::Checking => {
                trial.check(Where::Live, Some(&release.samples)).await?;
                ledger = trial.settle(&ledger, &wanted.program.stamp).await?;
            }
            By::Swapping => {
                trial.check(Where::Next, Some(&release.samples)).await?;
                promote::swap(cloud, names, progress).await?;
                ledger = trial.settle(&ledger, &wanted.program.stamp).await?;
            }
        }
        self.tidy(existing, &ledger).await;
        Ok(())
    }

    /// What versions ran that nobody goes back to need not stay. That it cannot be removed is said,
    /// and is no error: nothing runs it.
    async fn tidy(&self, existing: &Existing, ledger: &Ledger) {
        let outcome = match (&self.wanted.image, &existing.images) {
            (Some((images, _)), Some(looked)) => {
                let Some(server) = looked.server() else { return };
                let kept = ledger.versions().into_iter().map(|version| version.id);
                let kept: Vec<String> = kept.collect();
                images.keep(self.cloud, server, &kept, self.progress).await;
                return;
            }
            _ => self.forget(ledger).await,
        };
        if let Err(error) = outcome {
            self.progress.step(&format!("old packages stay: {}", error.reason));
        }
    }

    async fn forget(&self, ledger: &Ledger) -> Result<(), ProviderError> {
        let names = &self.wanted.program.names;
        let kept = [&ledger.live, &ledger.previous].into_iter().flatten();
        let kept: Vec<String> = kept.map(|stamp| names.package_name(stamp)).collect();
        let store = self.store().await?;
        for name in store.names(PACKAGES).await? {
            if !kept.contains(&name) {
                store.delete(PACKAGES, &name).await?;
            }
        }
        Ok(())
    }
}
