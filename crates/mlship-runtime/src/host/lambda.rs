//! The Lambda Runtime API: loads the model, then asks for one invocation after the other.
//! Protocol: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

mod api;
mod event;

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::predict::{Outcome, Predictor};
use super::routes::{Reply, Route, route};
use super::{End, Notice, Settings, Tell};
use crate::bundle::{self, LoadError};
use crate::problem::{Kind, Problem};
use crate::request::Wrap;
use crate::service::Service;
use api::{Api, Invocation};
use event::Event;

/// The longest answer that Lambda carries, in bytes: 6 MB, by the quotas page of its guide.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024;

/// What is kept back of the time that Lambda grants, to send the reply in.
const MARGIN: Duration = Duration::from_millis(200);

/// Why the host ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// The bundle cannot be served; Lambda has been told.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The Runtime API cannot be spoken to.
    #[error("the Lambda Runtime API at `{api}` does not answer: {source}")]
    Api {
        /// Its address.
        api: String,
        /// What went wrong.
        source: io::Error,
    },
}

/// Serves the bundle in `folder` to the Runtime API at `api` until it goes away.
///
/// # Errors
/// When the bundle cannot be loaded or the API does not answer.
pub async fn serve(
    folder: &Path,
    api: &str,
    settings: Settings,
    tell: Tell,
) -> Result<End, LambdaError> {
    let lost = |source| LambdaError::Api { api: api.to_owned(), source };
    let mut client = Api::new(api).map_err(lost)?;
    let (predictor, bound) = match load(folder, &settings, tell) {
        Ok(loaded) => loaded,
        Err(error) => {
            let cause = error.to_string();
            tell(&Notice::Failed { cause: cause.clone() });
            client.init_error("The model could not be loaded", &cause).await.map_err(lost)?;
            return Err(error.into());
        }
    };
    loop {
        let invocation = client.next().await.map_err(lost)?;
        let bound = bound.min(granted(&invocation));
        let (reply, end) = answer(&predictor, &invocation.event, bound).await;
        match reply {
            Ok(reply) => client.respond(&invocation.id, reply).await.map_err(lost)?,
            Err(problem) => {
                let error = failure(&problem);
                client.fail(&invocation.id, problem.kind.slug(), error).await.map_err(lost)?;
            }
        }
        if let Some(end) = end {
            tell(&Notice::Overdue);
            return Ok(end);
        }
    }
}

/// Loads the model, and fetches it before when it is not in the bundle. Lambda grants ten seconds
/// for that ahead of the first invocation; when they are over it starts the process anew as part of
/// that invocation, and what was fetched until then is gone on with.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
fn load(
    folder: &Path,
    settings: &Settings,
    tell: Tell,
) -> Result<(Predictor, Duration), LoadError> {
    let bundle = bundle::read(folder)?;
    let service = Service::load(folder, &bundle, &settings.setup, tell)?;
    Ok((Predictor::new(service), Duration::from_secs(bundle.bounds.timeout_s.into())))
}

/// The time that Lambda grants the invocation from now on.
fn granted(invocation: &Invocation) -> Duration {
    let Some(deadline) = invocation.deadline_ms else { return Duration::MAX };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_millis(deadline).saturating_sub(now).saturating_sub(MARGIN)
}

/// What goes back to Lambda: a response, or for an event that is no HTTP request a problem.
async fn answer(
    predictor: &Predictor,
    bytes: &[u8],
    bound: Duration,
) -> (Result<Vec<u8>, Problem>, Option<End>) {
    let Some(event) = Event::read(bytes) else {
        return match predictor.predict(bytes, Wrap::Plain, bound).await {
            Outcome::Done(Ok(answer)) if answer.len() > LONGEST_ANSWER => (Err(too_large()), None),
            Outcome::Done(answer) => (answer, None),
            Outcome::Overdue(problem) => (Err(problem), Some(End::Overdue)),
        };
    };
    let (reply, end) = match route(event.method(), event.path()) {
        Err(reply) => (reply, None),
        Ok(Route::Health) => (Reply::state("alive"), None),
        Ok(Route::Ready) => (Reply::state("ready"), None),
        Ok(Route::Predict) => match event.body() {
            Err(problem) => (problem.into(), None),
            Ok(body) => match predictor.predict(body, Wrap::Plain, bound).await {
                Outcome::Done(answer) => (answer.into(), None),
                Outcome::Overdue(problem) => (problem.into(), Some(End::Overdue)),
            },
        },
    };
    let mut response = event.response(&reply);
    if response.len() > LONGEST_ANSWER {
        response = event.response(&too_large().into());
    }
    (Ok(response), end)
}

fn too_large() -> Problem {
    let detail = format!("Lambda carries {LONGEST_ANSWER} bytes; ask for fewer rows at once");
    Problem::new(Kind::AnswerTooLarge, detail)
}

fn failure(problem: &Problem) -> Vec<u8> {
    let error = json!({
        "errorMessage": problem.detail,
        "errorType": problem.kind.title(),
        "problem": problem,
    });
    error.to_string().into_bytes()
}
