//! Takes away everything that mlship made for a service, and nothing else. Each part may be gone
//! already; a run that was cut is finished by the next.

use aws_sdk_s3::types::Object;
use mlship_core::deployment::Removed;
use mlship_core::progress::Progress;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::config::Kind;
use crate::connect::Clients;
use crate::error::Outcome;
use crate::find::{self, Ownership};
use crate::make::models;
use crate::names::{self, Account, ROLE_POLICIES};
use crate::pace::Pace;
use crate::wait::until_still;

/// How often a function that is being changed is tried.
const TRIES: u32 = 8;

/// What a removal works with.
pub(crate) struct Removal<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) account: &'a Account,
    pub(crate) pace: &'a Pace,
    pub(crate) name: &'a str,
    /// The user's own bucket, if the manifest names one.
    pub(crate) bucket: Option<&'a str>,
    /// What the manifest makes the function of.
    pub(crate) kind: Kind,
    /// Where the service's images are.
    pub(crate) repository: &'a str,
    pub(crate) progress: &'a dyn Progress,
}

impl Removal<'_> {
    /// Removes all of it; the answer names what was there.
    pub(crate) async fn run(&self) -> Result<Removed, ProviderError> {
        let mut removed = Removed::new();
        self.function(&mut removed).await?;
        self.log_group(&mut removed).await?;
        self.role(&mut removed).await?;
        self.images(&mut removed).await?;
        let own = self.account.bucket();
        if let Some(bucket) = self.bucket.filter(|bucket| *bucket != own) {
            self.objects(bucket, &mut removed).await?;
        }
        if self.objects(&own, &mut removed).await? {
            self.bucket_if_empty(&own, &mut removed).await?;
        }
        Ok(removed)
    }

    /// With a function go its versions, aliases, addresses and permissions.
    async fn function(&self, removed: &mut Removed) -> Result<(), ProviderError> {
        let Self { clients, pace, name, .. } = *self;
        let operation = "delete the function";
        if find::function::head(clients, name).await?.is_none() {
            return Ok(());
        }
        self.progress.step(&format!("{operation} {name}"));
        for left in (0..TRIES).rev() {
            let call = clients.lambda.delete_function().function_name(name).send();
            match call.await.if_there(operation, name) {
                Err(error) if error.kind == ErrorKind::Conflict && left > 0 => {
                    tokio::time::sleep(pace.poll).await;
                    until_still(clients, pace, name, None).await?;
                }
                outcome => {
                    outcome?;
                    break;
                }
            }
        }
        removed.push(format!("function {name}"));
        Ok(())
    }

    async fn log_group(&self, removed: &mut Removed) -> Result<(), ProviderError> {
        let Self { clients, account, name, .. } = *self;
        let found = find::logs::look(clients, account, name).await?;
        if found.is_none_or(|group| group.ownership == Ownership::Foreign) {
            return Ok(());
        }
        let group = names::log_group(name);
        let operation = "delete the log group";
        self.progress.step(&format!("{operation} {group}"));
        let call = clients.logs.delete_log_group().log_group_name(&group).send();
        call.await.if_there(operation, &group)?;
        removed.push(format!("log group {group}"));
        Ok(())
    }

    async fn role(&self, removed: &mut Removed) -> Result<(), ProviderError> {
        let Self { clients, account, name, .. } = *self;
        if find::role::ownership(clients, name).await? != Some(Ownership::Ours) {
            return Ok(());
        }
        let role = names::role(name);
        let own = account.role_policy();
        let call = clients.iam.list_role_policies().role_name(&role).send();
        let policies = call.await.if_there("list the policies of the role", &role)?;
        let policies = policies.map(|policies| policies.policy_names).unwrap_or_default();
        if policies.contains(&own) {
            self.progress.step(&format!("delete the role policy {own}"));
            let call = clients.iam.delete_role_policy().role_name(&role).policy_name(&own).send();
            call.await.if_there("delete the policy of the role", &role)?;
            removed.push(format!("role policy {own}"));
        }
        // The same service in another region runs as the same role. A policy that somebody added
        // by hand is another matter: AWS then refuses, and the error says so.
        if policies.iter().any(|policy| *policy != own && policy.starts_with(ROLE_POLICIES)) {
            return Ok(());
        }
        self.progress.step(&format!("delete the role {role}"));
        let call = clients.iam.delete_role().role_name(&role).send();
        call.await.if_there("delete the role", &role)?;
        removed.push(format!("role {role}"));
        Ok(())
    }

    /// The repository with all images. A service of zips may have been one of images before, but
    /// then it does not take a permission to find out.
    async fn images(&self, removed: &mut Removed) -> Result<(), ProviderError> {
        let Self { clients, name, repository, .. } = *self;
        match find::repository::ownership(clients, name, repository).await {
            Ok(Some(Ownership::Ours)) => {}
            Err(error) if error.kind != ErrorKind::Denied || self.kind == Kind::LambdaImage => {
                return Err(error);
            }
            _ => return Ok(()),
        }
        let operation = "delete the repository";
        self.progress.step(&format!("{operation} {repository}"));
        let call = clients.ecr.delete_repository().repository_name(repository).force(true).send();
        call.await.if_there(operation, repository)?;
        removed.push(format!("repository {repository}"));
        Ok(())
    }

    /// Removes the service's objects; false when there is no such bucket.
    async fn objects(&self, bucket: &str, removed: &mut Removed) -> Result<bool, ProviderError> {
        let Self { clients, account, name, .. } = *self;
        let call = clients
            .s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(names::object_prefix(name))
            .expected_bucket_owner(&account.id);
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = page.if_there("list the objects of the bucket", bucket)? else {
                return Ok(false);
            };
            for key in page.contents().iter().filter_map(Object::key) {
                self.object(bucket, key, removed).await?;
            }
        }
        self.uploads(bucket, removed).await?;
        Ok(true)
    }

    /// Gives up uploads of model files that were never finished. They carry no tag that could be
    /// read; that the rest of the key is a digest is what tells them.
    async fn uploads(&self, bucket: &str, removed: &mut Removed) -> Result<(), ProviderError> {
        let Self { clients, account, name, .. } = *self;
        let prefix = names::models_prefix(name);
        let open = models::open(clients, account, bucket, &prefix).await?;
        for upload in open.unwrap_or_default() {
            if !upload.key.strip_prefix(&prefix).is_some_and(names::is_digest) {
                continue;
            }
            self.progress.step(&format!("give up the upload to {}", upload.key));
            models::give_up(clients, account, bucket, &upload).await?;
            removed.push(format!("upload {bucket}/{}", upload.key));
        }
        Ok(())
    }

    async fn object(
        &self,
        bucket: &str,
        key: &str,
        removed: &mut Removed,
    ) -> Result<(), ProviderError> {
        let Self { clients, account, name, .. } = *self;
        let call = clients.s3.get_object_tagging().bucket(bucket).key(key);
        let tags = call.expected_bucket_owner(&account.id).send().await;
        let Some(tags) = tags.if_there("read the tags of the object", key)? else { return Ok(()) };
        let tags = tags.tag_set().iter().map(|tag| (tag.key(), tag.value()));
        if Ownership::of(name, tags) == Ownership::Foreign {
            return Ok(());
        }
        self.progress.step(&format!("delete the object {key}"));
        let call = clients.s3.delete_object().bucket(bucket).key(key);
        let call = call.expected_bucket_owner(&account.id).send();
        call.await.if_there("delete the object", key)?;
        removed.push(format!("object {bucket}/{key}"));
        Ok(())
    }

    /// Other services use the same bucket; the last one takes it away.
    async fn bucket_if_empty(
        &self,
        bucket: &str,
        removed: &mut Removed,
    ) -> Result<(), ProviderError> {
        let Self { clients, account, .. } = *self;
        let call = clients.s3.list_objects_v2().bucket(bucket).max_keys(1);
        let found = call.expected_bucket_owner(&account.id).send().await;
        let found = found.if_there("list the objects of the bucket", bucket)?;
        if found.is_none_or(|found| !found.contents().is_empty()) {
            return Ok(());
        }
        // What another service is sending is not an object yet.
        if models::open(clients, account, bucket, "").await?.is_none_or(|open| !open.is_empty()) {
            return Ok(());
        }
        self.progress.step(&format!("delete the bucket {bucket}"));
        let call = clients.s3.delete_bucket().bucket(bucket);
        let gone = call.expected_bucket_owner(&account.id).send().await;
        match gone.if_there("delete the bucket", bucket) {
            // Somebody has just put an object into it.
            Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                removed.push(format!("bucket {bucket}"));
                Ok(())
            }
        }
    }
}
