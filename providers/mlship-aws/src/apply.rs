//! Makes what exists into what is wanted: looks, changes, and looks again when AWS objects.

use mlship_core::plan::Plan;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use mlship_core::share::Share;

use crate::connect::Clients;
use crate::error::failed;
use crate::find::function::{Alias, Readiness};
use crate::find::{self, Existing};
use crate::make::models::Upload;
use crate::make::{address, code, concurrency, image, repository, role, store};
use crate::names::{self, Account};
use crate::pace::Pace;
use crate::plan::{Change, changes};
use crate::wait::{not_up, until_still};
use crate::wanted::{RunAs, Wanted};
use crate::{smoke, steps};

/// How often a conflict (something exists already, or is being changed) leads to another look.
const ROUNDS: u32 = 8;

/// What a deploy works with.
pub(crate) struct Work<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) account: &'a Account,
    pub(crate) pace: &'a Pace,
    pub(crate) release: &'a Release,
    pub(crate) wanted: &'a Wanted,
    pub(crate) progress: &'a dyn Progress,
}

impl Work<'_> {
    /// Carries out `plan`, if it is still what would be done.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<(), ProviderError> {
        let name = &self.wanted.name;
        let (mut existing, mut todo) = self.look().await?;
        if steps::plan(&todo, self.wanted, self.account) != *plan {
            let reason = "what exists is no longer what the plan was made for";
            let error = failed(ErrorKind::Conflict, "deploy", name, reason);
            return Err(error.with_hint("make a new plan and look at it again"));
        }
        for round in 1.. {
            match self.carry_out(&existing, &todo).await {
                // A repeated call meets what its first try made, or somebody else is at work.
                Err(error) if error.kind == ErrorKind::Conflict && round < ROUNDS => {
                    tokio::time::sleep(self.pace.poll).await;
                    (existing, todo) = self.look().await?;
                }
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn look(&self) -> Result<(Existing, Vec<Change>), ProviderError> {
        let existing = find::look(self.clients, self.account, self.wanted).await?;
        let todo = changes(&existing, self.wanted, self.account)?;
        Ok((existing, todo))
    }

    async fn carry_out(&self, existing: &Existing, todo: &[Change]) -> Result<(), ProviderError> {
        if existing.function.is_some() && !todo.is_empty() {
            let name = &self.wanted.name;
            let mends =
                |change: &Change| matches!(change, Change::UpdateCode | Change::UpdateSettings(_));
            match until_still(self.clients, self.pace, name, None).await? {
                Readiness::Failed(why) if !todo.iter().any(mends) => return Err(not_up(name, why)),
                _ => {}
            }
        }
        let mut published = None;
        for change in todo {
            let step = steps::step(change, self.wanted, self.account);
            self.progress.step(&steps::words(&step));
            if let Some(version) = self.make(change, published.as_deref()).await? {
                published = Some(version);
            }
        }
        Ok(())
    }

    /// Makes one change; the answer is the version that it made.
    async fn make(
        &self,
        change: &Change,
        published: Option<&str>,
    ) -> Result<Option<String>, ProviderError> {
        let Self { clients, account, pace, wanted, progress, .. } = *self;
        let name = &wanted.name;
        match change {
            Change::CreateRole => role::create(clients, wanted).await?,
            Change::PutRolePolicy(_, policy) => {
                role::put_policy(clients, account, wanted, policy).await?;
            }
            Change::CreateLogGroup => role::create_log_group(clients, wanted).await?,
            Change::CreateBucket | Change::ClosePublicAccess | Change::UploadObject => {
                self.make_store(change).await?;
            }
            Change::UploadModel(at) => {
                let file = &wanted.fetched[*at];
                Upload { clients, account, wanted, file, progress }.run().await?;
            }
            Change::CreateRepository
            | Change::PutLifecycle(_)
            | Change::PutPullPolicy(_)
            | Change::UploadImage => self.make_image(change).await?,
            Change::CreateFunction => code::create(clients, pace, wanted, progress).await?,
            Change::UpdateSettings(_) => {
                code::update_settings(clients, pace, wanted, progress).await?;
            }
            Change::UpdateCode => code::update_code(clients, pace, wanted, progress).await?,
            Change::Publish => return code::publish(clients, pace, wanted).await.map(Some),
            Change::Promote { from, to } => {
                let version = to.as_deref().or(published);
                self.promote(from.as_ref(), version).await?;
            }
            Change::CreateAddress => address::create(clients, name, wanted.auth).await?,
            Change::UpdateAddress => address::update(clients, name, wanted.auth).await?,
            Change::Allow(statement) => address::allow(clients, name, *statement).await?,
            Change::Forbid(statement) => address::forbid(clients, name, *statement).await?,
            Change::Tag(_) => code::tag(clients, account, wanted).await?,
            Change::Reserve(_) => {
                concurrency::reserve(clients, name, wanted.concurrency.reserved).await?;
            }
            Change::Provision(_) => {
                let instances = wanted.concurrency.provisioned;
                concurrency::provision(clients, pace, name, instances).await?;
            }
        }
        Ok(None)
    }

    async fn make_store(&self, change: &Change) -> Result<(), ProviderError> {
        let Self { clients, account, wanted, progress, .. } = *self;
        let bucket = &wanted.bucket.name;
        match (change, &wanted.place) {
            (Change::CreateBucket, _) => store::create_bucket(clients, account, bucket).await,
            (Change::ClosePublicAccess, _) => {
                store::close_public_access(clients, account, bucket).await
            }
            (_, None) => Ok(()),
            (_, Some(place)) => store::upload(clients, account, place, wanted, progress).await,
        }
    }

    async fn make_image(&self, change: &Change) -> Result<(), ProviderError> {
        let Self { clients, wanted, progress, .. } = *self;
        let Some(image) = &wanted.image else { return Ok(()) };
        match change {
            Change::CreateRepository => repository::create(clients, image, &wanted.tags).await,
            Change::PutLifecycle(_) => repository::put_lifecycle(clients, image).await,
            Change::PutPullPolicy(_) => repository::put_pull_policy(clients, image).await,
            _ => image::upload(clients, image, progress).await,
        }
    }

    /// Sends the samples to the version, and only then moves its share of the traffic.
    async fn promote(&self, from: Option<&Alias>, to: Option<&str>) -> Result<(), ProviderError> {
        let Self { clients, release, wanted, .. } = *self;
        let name = &wanted.name;
        let Some(version) = to else {
            let reason = "there is no version to move it to";
            return Err(failed(ErrorKind::Failed, "move the traffic of", name, reason));
        };
        let checked = smoke::check(clients, name, version, &release.samples).await;
        checked.map_err(|error| self.explain(error))?;
        let Some(Alias { traffic, revision }) = from else {
            if wanted.share != Share::ALL {
                self.progress.step("the first version gets all traffic, as there is no other");
            }
            return address::create_alias(clients, name, version).await;
        };
        let traffic = traffic.giving(version, wanted.share);
        address::move_alias(clients, name, &traffic, revision.as_deref()).await
    }

    /// A role of the user's own may lack what a role of mlship's making has.
    fn explain(&self, error: ProviderError) -> ProviderError {
        let Wanted { run_as, fetched, bucket, name, setup, .. } = self.wanted;
        if *run_as == RunAs::Own || fetched.is_empty() {
            return error;
        }
        let all =
            self.account.object_arn(&bucket.name, &format!("{}*", names::models_prefix(name)));
        error.with_hint(format!("the role `{}` must allow `s3:GetObject` on `{all}`", setup.role))
    }
}
