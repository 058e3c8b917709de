//! The Lambda Runtime API: loads the model, then asks for one invocation after the other.
//! Protocol: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

mod api;
mod event;
mod sent;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::ask::{Ask, Headers};
use super::body::{Body, Held};
use super::correlation::{LAMBDA_ID, LAMBDA_TRACE};
use super::deadline::until;
use super::desk::Desk;
use super::documents::{Callers, Documents};
use super::openapi::Guard;
use super::{End, Notice, Responses, Settings, Tell};
use crate::bundle::{self, LoadError};
use crate::problem::{Kind, Problem};
use crate::request::Wrap;
use crate::service::Service;
use api::{Api, Invocation};
use event::Event;

/// The longest answer that Lambda carries, in bytes: 6 MB, by the quotas page of its guide.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024;

/// The longest body that Lambda streams, in bytes: 200 MB, by the same page.
const LONGEST_STREAM: usize = 200 * 1024 * 1024;

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
    let desk = match load(folder, &settings, tell) {
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
        let bound = desk.bound.min(until(invocation.deadline_ms));
        let id = &invocation.id;
        match answer(&desk, &invocation, settings.responses, bound).await {
            Ok(Back::Whole(bytes)) => client.respond(id, bytes).await,
            Ok(Back::Streamed(head, body)) => client.stream(id, head, body).await,
            Err(problem) => client.fail(id, problem.kind.slug(), failure(&problem)).await,
        }
        .map_err(lost)?;
        if desk.is_stuck() {
            tell(&Notice::Overdue);
            return Ok(End::Overdue);
        }
    }
}

/// Loads the model, and fetches it before when it is not in the bundle. Lambda grants ten seconds
/// for that ahead of the first invocation; when they are over it starts the process anew as part of
/// that invocation, and what was fetched until then is gone on with.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
fn load(folder: &Path, settings: &Settings, tell: Tell) -> Result<Desk, LoadError> {
    let bundle = bundle::read(folder)?;
    let start = Instant::now();
    let service = Service::load(folder, &bundle, &settings.setup, tell)?;
    let documents = Documents::new(folder, &bundle, Callers::Remote, Guard::Open);
    let desk = Desk::new(bundle, 0, documents, settings, tell);
    desk.ready(service, start.elapsed());
    Ok(desk)
}

/// What goes back to Lambda.
enum Back {
    /// At once.
    Whole(Vec<u8>),
    /// As it comes: the head of an HTTP response, and its body.
    Streamed(Vec<u8>, Vec<u8>),
}

/// What goes back to Lambda: a response, or for an event that is no HTTP request a problem.
async fn answer(
    desk: &Desk,
    invocation: &Invocation,
    responses: Responses,
    bound: Duration,
) -> Result<Back, Problem> {
    let bytes = &invocation.event;
    let Some(mut event) = Event::read(bytes) else {
        let answer = desk.call(bytes.to_vec(), invocation, bound).await?;
        return match answer.bytes.len() > LONGEST_ANSWER {
            true => Err(too_large(LONGEST_ANSWER)),
            false => Ok(Back::Whole(answer.bytes)),
        };
    };
    let reply = match event.take_body() {
        Err(problem) => problem.into(),
        Ok(body) => {
            let body = Body::Here(Held::from(body));
            let (method, path) = (event.method(), event.path());
            let headers = &Called { event: &event, invocation };
            desk.answer(Ask { method, path, wrap: Wrap::Plain, headers, body, bound }).await
        }
    };
    if responses == Responses::Streamed && event.may_be_streamed() {
        let reply = match reply.body.len() > LONGEST_STREAM {
            true => too_large(LONGEST_STREAM).into(),
            false => reply,
        };
        return Ok(Back::Streamed(event::head(&reply), reply.body));
    }
    let response = event.response(&reply);
    Ok(Back::Whole(match response.len() > LONGEST_ANSWER {
        true => event.response(&too_large(LONGEST_ANSWER).into()),
        false => response,
    }))
}

/// What the caller says, and what Lambda says of the call.
struct Called<'a> {
    event: &'a Event,
    invocation: &'a Invocation,
}

impl Headers for Called<'_> {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        // What Lambda says counts, whatever the caller writes under the same name.
        match name {
            LAMBDA_ID | LAMBDA_TRACE => self.invocation.bytes(name),
            _ => self.event.bytes(name),
        }
    }
}

impl Headers for Invocation {
    fn bytes(&self, name: &str) -> Option<&[u8]> {
        match name {
            LAMBDA_ID => Some(self.id.as_bytes()),
            LAMBDA_TRACE => self.trace.as_deref().map(str::as_bytes),
            _ => None,
        }
    }
}

fn too_large(longest: usize) -> Problem {
    let detail = format!("Lambda carries {longest} bytes; ask for fewer rows at once");
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

/// Reads an event and answers it with nothing.
#[cfg(any(fuzzing, test))]
pub(super) fn fuzz(bytes: &[u8]) {
    if let Some(mut event) = Event::read(bytes) {
        let reply = match event.take_body() {
            Ok(body) => super::routes::Reply::json(body),
            Err(problem) => problem.into(),
        };
        let _ = (event.response(&reply), event::head(&reply));
    }
}
