//! The service's bucket: sources and models are in it, and the program's account reads the models.

use mlship_core::plan::{Step, Verb};
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::json;

use super::template::labels;
use super::wanted::{Wanted, step};
use crate::config::Kind;
use crate::connect::Cloud;
use crate::error::failed;
use crate::rest::storage::Bucket;

/// What an account needs to read models.
const READER: &str = "roles/storage.objectViewer";

/// What there is of it.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    bucket: Option<Bucket>,
    /// Whether a deploy needs it at all.
    is_needed: bool,
    /// Whether the program may read its models.
    may_read: bool,
    /// Model files that are not there, by their place in the list.
    missing: Vec<usize>,
}

impl Store {
    /// Looks at it.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when the bucket of that name is not mlship's.
    pub(crate) async fn look(cloud: &Cloud, wanted: &Wanted) -> Result<Self, ProviderError> {
        let Wanted { place, models, .. } = wanted;
        let is_needed = is_needed(wanted);
        let name = place.bucket();
        let bucket = if is_needed { cloud.rest.bucket(&name).await? } else { None };
        if bucket.as_ref().is_some_and(|one| one.project_label.as_ref() != Some(&place.service)) {
            return Err(ProviderError::foreign(crate::NAME, "deploy", "bucket", &name));
        }
        let (may_read, missing) = match &bucket {
            _ if models.is_empty() => (true, Vec::new()),
            None => (false, models.all()),
            Some(bucket) => {
                let reader = reader(wanted, bucket)?;
                let may = cloud.rest.has_role(&name, (READER, &reader)).await?;
                (may, models.missing(cloud).await?)
            }
        };
        Ok(Self { bucket, is_needed, may_read, missing })
    }

    /// As it is before there is anything.
    pub(crate) fn absent(wanted: &Wanted) -> Self {
        let models = &wanted.models;
        let (may_read, missing) = (models.is_empty(), models.all());
        Self { bucket: None, is_needed: is_needed(wanted), may_read, missing }
    }

    /// Whether the bucket is there.
    pub(crate) fn is_there(&self) -> bool {
        self.bucket.is_some()
    }

    pub(crate) fn steps(&self, wanted: &Wanted) -> Vec<Step> {
        let name = wanted.place.bucket();
        let mut steps = Vec::new();
        if self.is_needed && self.bucket.is_none() {
            steps.push(step(Verb::Create, "bucket", &name));
        }
        if !self.may_read {
            steps.push(step(Verb::Create, "role", format!("{READER} on {name}")));
        }
        steps.extend(wanted.models.steps(&self.missing));
        steps
    }

    /// Carries the steps out.
    pub(crate) async fn make(
        &self,
        cloud: &Cloud,
        wanted: &Wanted,
        progress: &dyn Progress,
    ) -> Result<(), ProviderError> {
        let name = wanted.place.bucket();
        let bucket = match &self.bucket {
            _ if !self.is_needed => return Ok(()),
            Some(bucket) => bucket.clone(),
            None => {
                progress.step(&format!("create bucket {name}"));
                let (project, region) = (&wanted.place.project, &wanted.place.region);
                let labels = json!(labels(wanted));
                let made = cloud.rest.make_bucket(project, region, &name, &labels).await?;
                if made.project_label.as_ref() != Some(&wanted.place.service) {
                    return Err(ProviderError::foreign(crate::NAME, "deploy", "bucket", &name));
                }
                made
            }
        };
        if !self.may_read {
            let reader = reader(wanted, &bucket)?;
            progress.step(&format!("let {reader} read the models"));
            cloud.rest.give_role(&name, (READER, &reader)).await?;
        }
        wanted.models.upload(cloud, &self.missing, progress).await
    }
}

fn is_needed(wanted: &Wanted) -> bool {
    wanted.config.kind == Kind::CloudRunSource || !wanted.models.is_empty()
}

/// Who reads the models: the account that the service runs as.
fn reader(wanted: &Wanted, bucket: &Bucket) -> Result<String, ProviderError> {
    let named = wanted.shape.service_account.clone();
    let account = named.or_else(|| bucket.default_account()).ok_or_else(|| {
        let reason = "the number of the project is not known";
        let error = failed(ErrorKind::Refused, "deploy", &wanted.place.service, reason);
        error.with_hint("name the account that it runs as: `service-account: …`")
    })?;
    Ok(format!("serviceAccount:{account}"))
}
