//! Operations that take a while: begun by a change, over after so many looks.

use serde_json::{Value, json};

use super::http::Response;
use super::id::Id;
use super::resource_type::{Course, Follow, Then};
use super::state::State;

/// One that was begun.
#[derive(Clone)]
pub(super) struct Operation {
    /// The id of the resource that it changes.
    target: String,
    /// So many looks find it running.
    looks: u32,
    state: Outcome,
    work: Work,
    then: Option<Then>,
    /// The error that it ends with, when its type has found one.
    fails: Option<Value>,
}

/// A hidden member of a resource: the error, `{"code", "message"}`, that the operation which is
/// begun next ends with.
pub(super) const FAILS: &str = "fails";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Running,
    Succeeded,
    Failed,
}

/// What it does to its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Makes or changes it.
    Change,
    /// Removes it.
    Remove,
    /// Something that answers without a body.
    Action,
}

/// Begins an operation on a resource that is in the store, and answers as the course says.
/// `shown` is what the answer shows.
pub(super) fn begin(
    state: &mut State,
    id: &Id,
    work: Work,
    course: Course,
    is_new: bool,
    shown: &Value,
) -> Response {
    let pick = |made: u16, changed: u16| if is_new { made } else { changed };
    let (status, follow, running, then) = match course {
        Course::Done { made, changed } => {
            return answer(pick(made, changed), work, shown);
        }
        Course::Running { made, changed, follow, state, then } => {
            (pick(made, changed), follow, state, then)
        }
    };
    let name = state.uuid();
    let looks = 1 + state.tape.script.slow;
    let fails = state.get_mut(&id.text).and_then(|resource| resource.hidden.remove(FAILS));
    let target = id.text.clone();
    let operation = Operation { target, looks, state: Outcome::Running, work, then, fails };
    state.operations.insert(name.clone(), operation);
    let mut shown = shown.clone();
    if let Some(resource) = state.get_mut(&id.text) {
        resource.operation = Some(name.clone());
        if work != Work::Action {
            resource.set_property("provisioningState", json!(running));
            shown["properties"]["provisioningState"] = json!(running);
        }
    }
    let response = match follow {
        Follow::Location => Response::empty(status),
        _ => answer(status, work, &shown),
    };
    with_headers(state, response, id, follow, &name)
}

fn answer(status: u16, work: Work, shown: &Value) -> Response {
    match work {
        Work::Change => Response::json(status, shown),
        Work::Remove | Work::Action => Response::empty(status),
    }
}

fn with_headers(state: &State, to: Response, id: &Id, follow: Follow, name: &str) -> Response {
    let namespace = id.kind.split('/').next().unwrap_or_default();
    let address = |word: &str| {
        format!(
            "http://127.0.0.1:{}/subscriptions/{}/providers/{namespace}/locations/global/{word}/\
             {name}?api-version=2020-01-01",
            state.port,
            super::SUBSCRIPTION
        )
    };
    let to = match follow {
        Follow::Resource => return to,
        Follow::AsyncOperation => to.with("azure-asyncoperation", &address("operationStatuses")),
        Follow::Location => to.with("location", &address("operationResults")),
    };
    to.with("retry-after", &state.tape.script.retry_after.to_string())
}

/// A look at an operation by its own address; `None` when the path is not one.
pub(super) fn look(state: &mut State, words: &[String]) -> Option<Response> {
    let [.., word, name] = words else { return None };
    let by_status = word.eq_ignore_ascii_case("operationStatuses");
    if !by_status && !word.eq_ignore_ascii_case("operationResults") {
        return None;
    }
    if !state.operations.contains_key(name) {
        return Some(super::error::error(404, "NotFound", "The operation was not found."));
    }
    pass_time(state, name);
    let operation = state.operations.get(name)?.clone();
    Some(if by_status { status(state, name, &operation) } else { result(state, name, &operation) })
}

fn status(state: &State, name: &str, operation: &Operation) -> Response {
    let mut body = json!({"name": name, "status": match operation.state {
        Outcome::Running => "InProgress",
        Outcome::Succeeded => "Succeeded",
        Outcome::Failed => "Failed",
    }});
    if operation.state == Outcome::Failed {
        body["error"] = failure(operation);
    }
    let response = Response::json(200, &body);
    match operation.state {
        Outcome::Running => {
            response.with("retry-after", &state.tape.script.retry_after.to_string())
        }
        _ => response,
    }
}

fn result(state: &State, name: &str, operation: &Operation) -> Response {
    match operation.state {
        Outcome::Running => {
            let namespace = operation.target.split("/providers/").nth(1).unwrap_or("x");
            let namespace = namespace.split('/').next().unwrap_or_default();
            let address = format!(
                "http://127.0.0.1:{}/subscriptions/{}/providers/{namespace}/locations/global/\
                 operationResults/{name}?api-version=2020-01-01",
                state.port,
                super::SUBSCRIPTION
            );
            Response::empty(202)
                .with("location", &address)
                .with("retry-after", &state.tape.script.retry_after.to_string())
        }
        Outcome::Failed => Response::json(409, &json!({"error": failure(operation)})),
        Outcome::Succeeded => match state.get(&operation.target) {
            Some(resource) if operation.work == Work::Change => {
                Response::json(200, &super::arm::shown(state, resource))
            }
            _ => Response::empty(200),
        },
    }
}

fn failure(operation: &Operation) -> Value {
    if let Some(own) = &operation.fails {
        return own.clone();
    }
    let message = "The resource write operation failed to complete successfully, because it \
                   reached terminal provisioning state 'Failed'.";
    json!({"code": "ResourceDeploymentFailure", "message": message})
}

/// What is at work on a resource gets on with every look at it and every try to change it.
pub(super) fn pass_time_of(state: &mut State, id: &str) {
    if let Some(name) = state.get(id).and_then(|resource| resource.operation.clone()) {
        pass_time(state, &name);
    }
}

fn pass_time(state: &mut State, name: &str) {
    let Some(operation) = state.operations.get_mut(name) else { return };
    if operation.state != Outcome::Running {
        return;
    }
    if operation.looks > 0 {
        operation.looks -= 1;
        return;
    }
    let target = operation.target.to_lowercase();
    let own = operation.fails.is_some();
    let script = state.tape.script.failing.as_ref();
    let fails = own || script.is_some_and(|text| target.contains(&text.to_lowercase()));
    operation.state = if fails { Outcome::Failed } else { Outcome::Succeeded };
    let (work, then) = (operation.work, operation.then.take());
    if let Some(resource) = state.get_mut(&target) {
        resource.operation = None;
        if work != Work::Action {
            let end = if fails { "Failed" } else { "Succeeded" };
            resource.set_property("provisioningState", json!(end));
        }
    }
    if fails {
        return;
    }
    if work == Work::Remove {
        state.remove(&target);
    }
    if let Some(then) = then {
        then(state);
    }
}

/// Starts something that takes a while and changes no `provisioningState`, such as a swap of
/// slots: 202, and `then` is done when it succeeds.
pub(super) fn begin_action(state: &mut State, id: &Id, then: Then) -> Response {
    let course = Course::Running {
        made: 202,
        changed: 202,
        follow: Follow::Location,
        state: "",
        then: Some(then),
    };
    begin(state, id, Work::Action, course, false, &Value::Null)
}
