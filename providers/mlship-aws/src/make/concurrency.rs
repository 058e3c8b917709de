//! How many instances may run at once, and how many are kept ready.

use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;
use mlship_core::provider::{ErrorKind, ProviderError};

use crate::connect::Clients;
use crate::error::{Outcome, failed};
use crate::names::LIVE;
use crate::pace::Pace;

/// Sets so many instances aside for the function, which are the most it gets; or takes that back.
pub(crate) async fn reserve(
    clients: &Clients,
    name: &str,
    instances: Option<i32>,
) -> Result<(), ProviderError> {
    let operation = "set the reserved concurrency of";
    let Some(instances) = instances else {
        let call = clients.lambda.delete_function_concurrency().function_name(name).send();
        return call.await.if_there(operation, name).map(|_| ());
    };
    let call = clients.lambda.put_function_concurrency().function_name(name);
    let call = call.reserved_concurrent_executions(instances).send();
    call.await.doing(operation, name).map(|_| ()).map_err(explain)
}

/// Keeps so many instances ready behind the alias and waits until they are; or ends that.
pub(crate) async fn provision(
    clients: &Clients,
    pace: &Pace,
    name: &str,
    instances: Option<i32>,
) -> Result<(), ProviderError> {
    let operation = "set the provisioned concurrency of";
    let Some(instances) = instances else {
        let call = clients.lambda.delete_provisioned_concurrency_config();
        let call = call.function_name(name).qualifier(LIVE).send();
        return call.await.if_there(operation, name).map(|_| ());
    };
    let call = clients.lambda.put_provisioned_concurrency_config().function_name(name);
    let call = call.qualifier(LIVE).provisioned_concurrent_executions(instances).send();
    call.await.doing(operation, name).map_err(explain)?;
    until_provisioned(clients, pace, name).await
}

async fn until_provisioned(
    clients: &Clients,
    pace: &Pace,
    name: &str,
) -> Result<(), ProviderError> {
    let operation = "wait for the provisioned concurrency of";
    for _ in 0..pace.polls {
        let call = clients.lambda.get_provisioned_concurrency_config();
        let call = call.function_name(name).qualifier(LIVE).send();
        let found = call.await.doing(operation, name)?;
        match found.status() {
            Some(Status::Ready) => return Ok(()),
            Some(Status::Failed) => {
                let why = found.status_reason().unwrap_or("AWS could not provide it");
                let why = why.trim_end_matches('.').to_owned();
                return Err(failed(ErrorKind::Failed, operation, name, why));
            }
            _ => tokio::time::sleep(pace.poll).await,
        }
    }
    let seconds = pace.poll.as_secs_f64() * f64::from(pace.polls);
    let reason = format!("it was not ready after {seconds:.0} s");
    let error = failed(ErrorKind::Unavailable, operation, name, reason);
    Err(error.with_hint("AWS goes on with it; `mlship status --provider aws` shows what is set"))
}

fn explain(error: ProviderError) -> ProviderError {
    if error.kind != ErrorKind::Refused {
        return error;
    }
    let hint = "AWS keeps 100 instances of an account's quota for functions without a reservation";
    error.with_hint(hint)
}
