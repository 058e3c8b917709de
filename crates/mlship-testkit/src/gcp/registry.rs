//! Artifact Registry: repositories of images, and what is in them. The images themselves are kept by
//! a real registry behind `gate`.

mod gate;
mod images;
mod packages;
mod repositories;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::operations::{self, Begin, Effect};
use super::state::State;

pub(super) use gate::serve;
pub(crate) use images::{Image, contents, image};

/// What Artifact Registry makes of a call.
pub(super) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    let method = ask.id.strip_prefix("artifactregistry.projects.locations.repositories.")?;
    match method.strip_prefix("packages.") {
        Some(method) => packages::answer(state, ask, method),
        None => repositories::answer(state, ask, method),
    }
}

/// Names of all repositories.
pub(crate) fn names(state: &State) -> Vec<String> {
    state.repositories.keys().cloned().collect()
}

/// A repository that somebody made in this project.
pub(crate) fn plant(state: &mut State, name: &str, body: Value) {
    repositories::make(state, name, body);
}

const TYPES: &str = "type.googleapis.com/google.devtools.artifactregistry.v1";

/// Begins something that is done a few looks later.
fn begin(state: &mut State, target: &str, effect: Effect) -> Result<Response, Refusal> {
    let parent: Vec<&str> = target.split('/').take(4).collect();
    let begin = Begin {
        parent: parent.join("/"),
        target: target.to_owned(),
        metadata: json!({"@type": format!("{TYPES}.OperationMetadata")}),
    };
    Ok(Response::json(200, &operations::begin(state, begin, effect)))
}

fn empty() -> Value {
    json!({"@type": "type.googleapis.com/google.protobuf.Empty"})
}
