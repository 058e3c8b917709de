//! How many instances of a function may run at once, and how many are kept ready.

use mlship_core::provider::ProviderError;

use crate::connect::Clients;
use crate::error::Outcome;
use crate::names::LIVE;

/// Both numbers; `None` where AWS decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Concurrency {
    /// Set aside for the function, and the most that it gets.
    pub(crate) reserved: Option<i32>,
    /// Kept ready behind the address.
    pub(crate) provisioned: Option<i32>,
}

impl Concurrency {
    /// What is set, as settings.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let both = [(RESERVED, self.reserved), (PROVISIONED, self.provisioned)];
        both.into_iter().filter_map(|(key, number)| Some((key, number?.to_string())))
    }
}

/// The manifest's word for it, which plans and settings use too.
pub(crate) const RESERVED: &str = "reserved-concurrency";
/// The manifest's word for it, which plans and settings use too.
pub(crate) const PROVISIONED: &str = "provisioned-concurrency";

/// Looks how many instances are asked to be kept ready behind the alias. What AWS could not
/// provide counts as 0, which nobody can ask for.
pub(crate) async fn provisioned(
    clients: &Clients,
    name: &str,
) -> Result<Option<i32>, ProviderError> {
    use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;
    let call = clients.lambda.get_provisioned_concurrency_config();
    let call = call.function_name(name).qualifier(LIVE).send();
    let found = call.await.if_there("look at the provisioned concurrency of", name)?;
    Ok(found.and_then(|found| match found.status() {
        Some(Status::Failed) => Some(0),
        _ => found.requested_provisioned_concurrent_executions(),
    }))
}
