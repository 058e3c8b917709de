//! Makes what exists into what is wanted: looks, changes, and looks again when Azure objects.

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;
use mlship_core::traffic::Traffic;
use serde_json::Value;

use super::found::{App, Revision};
use super::plan::Existing;
use super::secrets::Secrets;
use super::traffic::rules;
use super::wanted::Wanted;
use super::{body, environment, revision};
use crate::arm::Call;
use crate::connect::Cloud;
use crate::error::failed;
use crate::images::{Pull, not_yet};
use crate::resource::Standing;
use crate::smoke::{self, Door};
use crate::surroundings;

/// How often a conflict leads to another look.
const ROUNDS: u32 = 8;

/// How often an image is tried that may not be pulled: a right that was just given takes minutes.
const PULLS: u32 = 20;

/// What a deploy works with.
pub(super) struct Work<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) release: &'a Release,
    pub(super) wanted: &'a Wanted,
    pub(super) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Carries out `plan`, if it is still what would be done.
    pub(super) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let Self { cloud, wanted, .. } = self;
        let mut existing = Existing::look(cloud, wanted).await?;
        if existing.plan(wanted) != *plan {
            let reason = "what exists is no longer what the plan was made for";
            let error =
                failed(ErrorKind::Conflict, "deploy", &self.release.project.name.value, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        for round in 1.. {
            if existing.plan(wanted).is_empty() {
                break;
            }
            match self.carry_out(&existing).await {
                Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                    tokio::time::sleep(cloud.pace().poll).await;
                    existing = Existing::look(cloud, wanted).await?;
                }
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn carry_out(&self, existing: &Existing) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        let mut workspace = Value::Null;
        for part in &existing.around {
            let made = surroundings::make(&cloud.arm, part, progress).await?;
            if part.resource.id == body::workspace(wanted).id {
                workspace = made;
            }
        }
        let models = wanted.models.upload(cloud, &existing.missing, progress).await?;
        let pull = existing.images.make(cloud, &existing.image, &wanted.image, progress).await?;
        environment::make(cloud, &existing.environment, &workspace, progress).await?;
        self.app(existing, &pull, models.as_deref()).await?;
        let Some(then) = existing.move_to(wanted) else { return Ok(()) };
        let (app, checked) = self.check().await?;
        self.promote(&app, &checked, &then).await?;
        self.tidy(existing, &pull).await
    }

    /// The app as it should be, with the revision of the version. The traffic stays where it is.
    async fn app(
        &self,
        existing: &Existing,
        pull: &Pull,
        models: Option<&str>,
    ) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        let outer = body::app(wanted, &pull.server, &pull.identity);
        let found = existing.outer.found.as_ref();
        let over = outer.over(found);
        if !existing.is_new(wanted) {
            if existing.outer.standing != Standing::Same {
                progress.step(&format!("update container app {}", wanted.app.name()));
                let call =
                    Call { operation: "update the container app", resource: wanted.app.name() };
                cloud.arm.patch(call, &wanted.app, &over).await?;
            }
            return Ok(());
        }
        progress.step(&format!("create revision {}", wanted.revision()));
        let secrets = match found {
            Some(_) => Secrets::read(&cloud.arm, &wanted.app).await?,
            None => Secrets::default(),
        };
        let secrets = secrets.with(wanted, models)?.list();
        let parts = existing.app.as_ref().map(App::parts).unwrap_or_default();
        let live = existing.traffic().map(|traffic| traffic.live).unwrap_or_default();
        // The first revision must have all of it: there is nobody else.
        let traffic =
            Traffic::of_parts(&live, &parts).unwrap_or_else(|| Traffic::whole(&wanted.stamp.id));
        let template = body::template(wanted, &pull.image);
        let whole = body::whole(over, template, secrets, &rules(&traffic, wanted.app.name()));
        self.put(&whole).await
    }

    async fn put(&self, whole: &Value) -> Result<(), ProviderError> {
        let Self { cloud, wanted, progress, .. } = *self;
        let call = Call { operation: "make the container app", resource: wanted.app.name() };
        for left in (0..PULLS).rev() {
            match cloud.arm.put(call, &wanted.app, whole).await {
                Err(error) if not_yet(&error) && left > 0 => {
                    progress.step("wait until the image may be pulled");
                    tokio::time::sleep(cloud.pace().poll).await;
                }
                Err(error) => return Err(surroundings::explain(error)),
                Ok(_) => break,
            }
        }
        Ok(())
    }

    /// Waits for the revision and sends it the samples, at its own address.
    async fn check(&self) -> Result<(App, Revision), ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        let service = &release.project.name.value;
        let name = wanted.revision();
        progress.step(&format!("wait for revision {name}"));
        let up = revision::until_up(cloud, &wanted.app, &name).await?;
        let Some(app) = App::look(&cloud.arm, &wanted.app, service).await? else {
            let reason = "it was removed meanwhile";
            return Err(failed(ErrorKind::Conflict, "deploy", service, reason));
        };
        let Some(host) = up.host.clone() else {
            let reason = "it has no address of its own";
            return Err(failed(ErrorKind::Failed, "call the revision", &name, reason));
        };
        let secrets = Secrets::read(&cloud.arm, &wanted.app).await?;
        let door = Door { host, key: secrets.key(&up.environment, service)? };
        progress.step(&format!("send the samples to revision {name}"));
        smoke::check(&cloud.web, cloud.pace(), &door, service, &release.samples).await?;
        Ok((app, up))
    }

    /// Moves the traffic, and writes down what is live, in one call.
    async fn promote(
        &self,
        app: &App,
        checked: &Revision,
        then: &Traffic,
    ) -> Result<(), ProviderError> {
        let Self { wanted, progress, .. } = *self;
        if app.traffic().is_none() && wanted.share != Share::ALL {
            progress.step("the first version gets all traffic, as there is no other");
        }
        progress.step(&format!("move the traffic: {}", then.words()));
        move_traffic(self.cloud, app, checked, then).await
    }

    /// Switches off what is not needed any more, and removes its images.
    async fn tidy(&self, existing: &Existing, pull: &Pull) -> Result<(), ProviderError> {
        let Self { cloud, release, wanted, progress } = *self;
        let service = &release.project.name.value;
        let app = App::look(&cloud.arm, &wanted.app, service).await?;
        let Some(app) = app else { return Ok(()) };
        revision::rest(&cloud.arm, &app).await?;
        let kept: Vec<String> =
            app.kept().iter().map(|revision| revision.stamp.id.clone()).collect();
        existing.images.keep(cloud, &pull.server, &kept, progress).await;
        Ok(())
    }
}

/// Moves the traffic. `checked` is the version that it moves to, or a part of it.
pub(super) async fn move_traffic(
    cloud: &Cloud,
    app: &App,
    checked: &Revision,
    then: &Traffic,
) -> Result<(), ProviderError> {
    let live = match checked.stamp.id == then.live {
        true => Some(&checked.stamp),
        false => app.revision(&then.live).map(|revision| &revision.stamp),
    };
    let Some(live) = live else {
        let reason = "the live version was removed meanwhile";
        return Err(failed(ErrorKind::Conflict, "move the traffic of", app.id.name(), reason));
    };
    let call = Call { operation: "move the traffic of", resource: app.id.name() };
    let body = body::moved(app, then, &live.write());
    cloud.arm.patch(call, &app.id, &body).await.map(|_| ())
}
