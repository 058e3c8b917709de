//! The function's environment variables. Those that are not mlship's stay as they are.

use std::collections::HashMap;

use aws_sdk_lambda::types::Environment;
use mlship_bundle::MODEL_STORE;
use mlship_core::provider::ProviderError;

use crate::connect::Clients;
use crate::error::Outcome;
use crate::models::MODEL_FILES;
use crate::names::PROGRAM;
use crate::setup::{Setup, WRAPPER};

/// The environment of a new function; `None` when it needs none.
pub(crate) fn new(setup: &Setup) -> Option<Environment> {
    let variables = setup.variables();
    (!variables.is_empty()).then(|| environment(variables.into_iter().collect()))
}

/// The environment as it must become; `None` when it may stay as it is.
pub(crate) async fn changed(
    clients: &Clients,
    name: &str,
    setup: &Setup,
) -> Result<Option<Environment>, ProviderError> {
    let call = clients.lambda.get_function().function_name(name).send();
    let found = call.await.doing("look at the settings of the function", name)?;
    let found = found.configuration.and_then(|found| found.environment);
    let found = found.and_then(|found| found.variables).unwrap_or_default();
    let mut wanted = found.clone();
    wanted.retain(|key, value| match key.as_str() {
        MODEL_STORE | MODEL_FILES => false,
        WRAPPER => value != PROGRAM,
        _ => true,
    });
    wanted.extend(setup.variables());
    Ok((wanted != found).then(|| environment(wanted)))
}

fn environment(variables: HashMap<String, String>) -> Environment {
    Environment::builder().set_variables(Some(variables)).build()
}
