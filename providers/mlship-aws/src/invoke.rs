//! Runs a function once, with the caller's own credentials.

use aws_sdk_lambda::primitives::Blob;
use mlship_core::deployment::{Answer, Request};
use mlship_core::provider::{ErrorKind, ProviderError};
use serde_json::Value;

use crate::connect::Clients;
use crate::error::{Outcome as _, failed};
use crate::event;
use crate::names::LIVE;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answer(Answer),
    /// The program failed or gave nonsense; why, in words.
    Failure(String),
}

/// Sends an event to a version or alias.
pub(crate) async fn send(
    clients: &Clients,
    name: &str,
    qualifier: &str,
    event: &Value,
) -> Result<Outcome, ProviderError> {
    let call = clients.slow_lambda.invoke().function_name(name).qualifier(qualifier);
    let payload = Blob::new(event.to_string());
    let given = call.payload(payload).send().await.doing("invoke the function", name)?;
    let payload = given.payload().map(Blob::as_ref).unwrap_or_default();
    if given.function_error().is_some() {
        return Ok(Outcome::Failure(event::failure(payload)));
    }
    Ok(event::answer(payload).map_or_else(Outcome::Failure, Outcome::Answer))
}

/// Sends a prediction request to the version that gets the traffic.
pub(crate) async fn predict(
    clients: &Clients,
    name: &str,
    request: Request<'_>,
) -> Result<Answer, ProviderError> {
    match send(clients, name, LIVE, &event::predict(request)).await? {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Failure(why) => {
            let error = failed(ErrorKind::Failed, "invoke the function", name, why);
            Err(error.with_hint("`mlship logs --provider aws` shows what it wrote"))
        }
    }
}
