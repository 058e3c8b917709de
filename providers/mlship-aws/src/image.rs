//! The image that a function is made of, the repository that it is in, and what must change
//! there. Pure.

use std::path::PathBuf;

use mlship_core::plan::{Step, Verb};
use mlship_core::provider::{ErrorKind, ProviderError};
use mlship_core::release::Release;
use serde_json::{Value, json};

use crate::config::Config;
use crate::error::{failed, foreign};
use crate::find::Ownership;
use crate::find::function::Function;
use crate::find::repository::Repository;
use crate::names::{self, Account};
use crate::plan::{Change, Was};
use crate::steps::{make, of, sent};
use crate::wanted::Wanted;

/// An image, on disk and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Image {
    /// The folder of its layout.
    pub(crate) layout: PathBuf,
    /// `sha256:…`, of its manifest.
    pub(crate) digest: String,
    /// The repository's name.
    pub(crate) repository: String,
    /// The host of the account's registry.
    pub(crate) registry: String,
    /// The image that it is built on, as the manifest names it.
    pub(crate) base: Option<String>,
    /// Lets Lambda read the repository for this function.
    pub(crate) pull_policy: Value,
}

impl Image {
    pub(crate) fn of(release: &Release, config: &Config, account: &Account) -> Self {
        let name = &release.project.name.value;
        Self {
            layout: release.artifact.path.clone(),
            digest: format!("sha256:{}", release.artifact.sha256.to_lowercase()),
            repository: repository(config, name),
            registry: account.registry(),
            base: release.project.image.base.as_ref().map(|base| base.value.clone()),
            pull_policy: pull_policy(account, name),
        }
    }

    /// What Lambda calls it.
    pub(crate) fn uri(&self) -> String {
        format!("{}/{}@{}", self.registry, self.repository, self.digest)
    }

    /// What keeps it from being expired. A tag is made of the digest and never moves.
    pub(crate) fn tag(&self) -> String {
        self.digest.replace(':', "-").chars().take("sha256-".len() + 32).collect()
    }
}

/// The repository of a service's images.
pub(crate) fn repository(config: &Config, service: &str) -> String {
    config.repository.clone().unwrap_or_else(|| names::repository(service))
}

/// Lets Lambda, for this function and nobody else, read the repository. The role needs nothing.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>, 2026-11-20.
fn pull_policy(account: &Account, service: &str) -> Value {
    let function = account.function_arn(service);
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "mlship-lambda-pulls",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "Condition": {
                "StringLike": {"aws:sourceArn": [function, format!("{function}:*")]},
            },
        }],
    })
}

/// Drops what a push that was cut has left. Every image that a version runs has a tag, and stays.
pub(crate) fn lifecycle() -> Value {
    json!({
        "rules": [{
            "rulePriority": 1,
            "description": "images without a tag are of no version",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 1,
            },
            "action": {"type": "expire"},
        }],
    })
}

/// Refuses to make a function of zips into one of images, or the other way round.
pub(crate) fn keeps_package(function: &Function, wanted: &Wanted) -> Result<(), ProviderError> {
    let (is, will) = (function.latest.package, wanted.setup.package);
    if is == will {
        return Ok(());
    }
    let (is, will) = (is.kind().as_str(), will.kind().as_str());
    let reason = format!("it is a `{is}`, and Lambda cannot make it a `{will}`");
    let mut error = failed(ErrorKind::Refused, "deploy", &wanted.name, reason);
    let away = "`mlship destroy --provider aws` and deploy again; the address changes then";
    error = error.with_hint(away);
    let other = "or deploy it under another `name`, and destroy the old one when nobody calls it";
    Err(error.with_hint(format!("{other}; put `kind: {is}` back until then")))
}

/// What must change in the repository.
pub(crate) fn changes(
    existing: Option<&Repository>,
    wanted: &Wanted,
) -> Result<Vec<Change>, ProviderError> {
    let Some(image) = &wanted.image else { return Ok(Vec::new()) };
    let Some(found) = existing else {
        return Ok(vec![
            Change::CreateRepository,
            Change::PutLifecycle(Was::Absent),
            Change::PutPullPolicy(Was::Absent),
            Change::UploadImage,
        ]);
    };
    if found.ownership == Ownership::Foreign {
        let error = foreign("use the repository", "repository", &image.repository);
        return Err(error.with_hint("or name another: `repository: …` in `targets.aws`"));
    }
    let mut changes = Vec::new();
    changes.extend(difference(found.lifecycle.as_ref(), &lifecycle()).map(Change::PutLifecycle));
    let pulls = difference(found.pull_policy.as_ref(), &image.pull_policy);
    changes.extend(pulls.map(Change::PutPullPolicy));
    if !found.has_image {
        changes.push(Change::UploadImage);
    }
    Ok(changes)
}

fn difference(found: Option<&Value>, wanted: &Value) -> Option<Was> {
    match found {
        None => Some(Was::Absent),
        Some(found) if found != wanted => Some(Was::Different),
        Some(_) => None,
    }
}

/// One such change as a step.
pub(crate) fn step(change: &Change, wanted: &Wanted) -> Step {
    let image = wanted.image.as_ref();
    let repository = image.map_or(String::new(), |image| image.repository.clone());
    let policy = |was: Was, resource: &str| match was {
        Was::Absent => make(resource, repository.clone()),
        Was::Different => of(Verb::Update, resource, repository.clone(), Vec::new()),
    };
    match change {
        Change::PutLifecycle(was) => policy(*was, "lifecycle policy"),
        Change::PutPullPolicy(was) => policy(*was, "repository policy"),
        Change::UploadImage => {
            let tag = image.map_or(String::new(), Image::tag);
            of(Verb::Upload, "image", format!("{repository}:{tag}"), sent(wanted))
        }
        _ => make("repository", repository),
    }
}
