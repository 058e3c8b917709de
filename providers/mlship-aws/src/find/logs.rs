//! The log group that a function writes to.

use mlship_core::provider::ProviderError;

use super::Ownership;
use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::{self, Account};

/// The log group by the name that Lambda gives it.
#[derive(Debug, Clone)]
pub(crate) struct LogGroup {
    pub(crate) ownership: Ownership,
}

/// Looks for the service's log group. One that is not mlship's is used and never removed.
pub(crate) async fn look(
    clients: &Clients,
    account: &Account,
    service: &str,
) -> Result<Option<LogGroup>, ProviderError> {
    let name = names::log_group(service);
    let operation = "look at the log group";
    // Groups come sorted by name, so that the one of exactly this name is the first of them.
    let call = clients.logs.describe_log_groups().log_group_name_prefix(&name).send();
    let there = call.await.doing(operation, &name)?;
    if !there.log_groups().iter().any(|group| group.log_group_name() == Some(&name)) {
        return Ok(None);
    }
    let call = clients.logs.list_tags_for_resource().resource_arn(account.log_group_arn(service));
    let found = call.send().await.if_there(operation, &name)?;
    Ok(found.map(|found| {
        let tags = found.tags().into_iter().flatten();
        let tags = tags.map(|(key, value)| (key.as_str(), value.as_str()));
        LogGroup { ownership: Ownership::of(service, tags) }
    }))
}
