//! The role, its policy, and the log group that the policy is about.

use aws_sdk_iam::types::Tag;
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use super::tag_map;
use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::names::{self, Account};
use crate::wanted::Wanted;

/// Makes the role with its tags, in one call.
pub(crate) async fn create(clients: &Clients, wanted: &Wanted) -> Result<(), ProviderError> {
    let name = names::role(&wanted.name);
    let operation = "create the role";
    let tags: Result<Vec<Tag>, _> = wanted
        .tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect();
    let tags =
        tags.map_err(|error| failed(ErrorKind::Refused, operation, &name, error.to_string()))?;
    let call = clients
        .iam
        .create_role()
        .role_name(&name)
        .description(format!("runs {}, made by mlship", wanted.name))
        .assume_role_policy_document(names::trust().to_string())
        .set_tags(Some(tags));
    call.send().await.doing(operation, &name).map(|_| ())
}

/// Lets the role do what the function needs in this region, and nothing else.
pub(crate) async fn put_policy(
    clients: &Clients,
    account: &Account,
    wanted: &Wanted,
    policy: &Value,
) -> Result<(), ProviderError> {
    let name = names::role(&wanted.name);
    let call = clients
        .iam
        .put_role_policy()
        .role_name(&name)
        .policy_name(account.role_policy())
        .policy_document(policy.to_string());
    call.send().await.doing("set the policy of the role", &name).map(|_| ())
}

/// Makes the log group with its tags, in one call. The function could make it too, but untagged.
pub(crate) async fn create_log_group(
    clients: &Clients,
    wanted: &Wanted,
) -> Result<(), ProviderError> {
    let name = names::log_group(&wanted.name);
    let call = clients.logs.create_log_group().log_group_name(&name);
    let call = call.set_tags(Some(tag_map(&wanted.tags)));
    call.send().await.doing("create the log group", &name).map(|_| ())
}
