//! Operations that take a while: begun by a change, over after so many looks.

use serde_json::{Value, json};

use super::discovery::Ask;
use super::error::Refusal;
use super::http::Response;
use super::state::State;

/// What is done when an operation is over: the `response`, with its `@type`, or why it failed.
pub(crate) type Effect = Box<dyn FnOnce(&mut State) -> Result<Value, Refusal> + Send>;

/// One that was begun.
pub(crate) struct Operation {
    /// The full name of the resource that it changes.
    target: String,
    metadata: Value,
    /// So many looks find it running.
    looks: u32,
    course: Course,
}

enum Course {
    Running(Effect),
    Over(Result<Value, Value>),
}

/// What is begun.
pub(crate) struct Begin {
    /// `projects/P/locations/L`; empty for one that hangs on nothing.
    pub(crate) parent: String,
    /// The full name of the resource that it changes.
    pub(crate) target: String,
    /// With its `@type`.
    pub(crate) metadata: Value,
}

/// Begins one: what the call that began it answers. The effect comes with a later look at the
/// operation or at its target.
pub(crate) fn begin(state: &mut State, begin: Begin, effect: Effect) -> Value {
    let id = state.uuid();
    let name = match begin.parent.as_str() {
        "" => format!("operations/{id}"),
        parent => format!("{parent}/operations/{id}"),
    };
    let looks = 1 + state.tape.script.slow;
    let Begin { target, metadata, .. } = begin;
    let operation = Operation { target, metadata, looks, course: Course::Running(effect) };
    let shown = shown(&name, &operation);
    state.operations.insert(name, operation);
    shown
}

/// Whether something is at work on a resource.
pub(crate) fn at_work(state: &State, target: &str) -> bool {
    let running = |one: &Operation| matches!(one.course, Course::Running(_));
    state.operations.values().any(|one| one.target == target && running(one))
}

/// What is at work on a resource gets on with every look at it.
pub(crate) fn pass_time_of(state: &mut State, target: &str) {
    let of = |(name, one): (&String, &Operation)| (one.target == target).then(|| name.clone());
    let names: Vec<String> = state.operations.iter().filter_map(of).collect();
    for name in names {
        pass_time(state, &name);
    }
}

fn pass_time(state: &mut State, name: &str) {
    let Some(operation) = state.operations.get_mut(name) else { return };
    if operation.looks > 0 {
        operation.looks -= 1;
        return;
    }
    finish(state, name);
}

fn finish(state: &mut State, name: &str) {
    let Some(operation) = state.operations.get_mut(name) else { return };
    let unknown = Course::Over(Err(Value::Null));
    let effect = match std::mem::replace(&mut operation.course, unknown) {
        Course::Running(effect) => effect,
        over @ Course::Over(_) => {
            operation.course = over;
            return;
        }
    };
    let target = operation.target.to_lowercase();
    let failing = state.tape.script.failing.as_ref();
    let done = match failing.is_some_and(|text| target.contains(&text.to_lowercase())) {
        true => Err(Refusal::new(500, "INTERNAL", "Internal error encountered.")),
        false => effect(state),
    };
    if let Some(operation) = state.operations.get_mut(name) {
        operation.course = Course::Over(done.map_err(|refusal| refusal.rpc()));
    }
}

fn shown(name: &str, operation: &Operation) -> Value {
    let mut body = json!({"name": name, "metadata": operation.metadata});
    match &operation.course {
        Course::Running(_) => {}
        Course::Over(Ok(response)) => {
            body["done"] = json!(true);
            body["response"] = response.clone();
        }
        Course::Over(Err(error)) => {
            body["done"] = json!(true);
            body["error"] = error.clone();
        }
    }
    body
}

/// Looks at operations, of whatever API.
pub(crate) fn answer(state: &mut State, ask: &Ask<'_>) -> Option<Result<Response, Refusal>> {
    let (_, method) = ask.id.split_once("operations.")?;
    let name = ask.path("name").to_owned();
    match method {
        "get" => pass_time(state, &name),
        "wait" => finish(state, &name),
        _ => return None,
    }
    Some(match state.operations.get(&name) {
        Some(operation) => Ok(Response::json(200, &shown(&name, operation))),
        None => Err(Refusal::not_found(format!("Operation {name} was not found."))),
    })
}
