//! What a resource type must say of itself: with it, one small file makes one type.
//!
//! `arm` has already done what is the same for all types when it asks: the token, the api-version,
//! denied actions, the group's existence, 409 while an operation runs, 404, quota. It adds `id`,
//! `name` and `type` to whatever is shown, keeps the operation going, and answers lists. `storage`
//! is the first example; a new type is a file with an `impl ResourceType` and a line in `types`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::error;
use super::http::{Request, Response};
use super::id::Id;
use super::state::{Resource, State};

/// One type of resource, `Microsoft.Storage/storageAccounts`. Types within types are types of
/// their own: `Microsoft.Web/sites/slots`. What hangs on a resource and is not one in the store
/// (`config/appsettings`, `listKeys`) is an action.
pub(super) trait ResourceType: Send + Sync {
    /// The full name, spelt as answers spell it.
    fn name(&self) -> &'static str;

    /// The api-versions that are known; any other is refused.
    fn api_versions(&self) -> &'static [&'static str];

    /// Checks what a PUT wants, and says what becomes of it. `put.before` is what is there.
    ///
    /// # Errors
    /// The answer that refuses it; nothing is changed then.
    fn put(&self, state: &mut State, put: &Put<'_>) -> Result<Made, Response>;

    /// The body that a PATCH amounts to, given to [`ResourceType::put`]: what is there, with the
    /// change merged in (RFC 7396). A type that has no PATCH answers 405 here.
    ///
    /// # Errors
    /// The answer that refuses it.
    fn patched(&self, put: &Put<'_>) -> Result<Value, Response> {
        let mut body = put.before.map_or(Value::Null, |before| before.body.clone());
        merge(&mut body, put.body);
        Ok(body)
    }

    /// What GET and lists show, without `id`, `name` and `type`. What is not to be seen is kept in
    /// [`Resource::hidden`], not in the body.
    fn shown(&self, _state: &State, resource: &Resource) -> Value {
        resource.body.clone()
    }

    /// Told when what a PUT or a PATCH made is in the store.
    fn settled(&self, _state: &mut State, _id: &Id) {}

    /// How a resource goes, asked before it does; what is within it goes with it.
    ///
    /// # Errors
    /// The answer that keeps it.
    fn delete(&self, _state: &mut State, _resource: &Resource) -> Result<Course, Response> {
        Ok(Course::Done { made: 200, changed: 200 })
    }

    /// Whatever follows the resource in the path: `act.words` are the words after its name.
    /// `None` answers 404. The resource exists when this is asked.
    fn act(&self, _state: &mut State, _act: &Act<'_>) -> Option<Response> {
        None
    }

    /// A call on the provider itself, not on a resource: `words` are those after the namespace
    /// (`["checkNameAvailability"]`, `["locations", "westeurope", "usages"]`). `None` lets the
    /// next type of the namespace answer.
    fn provider_call(
        &self,
        _state: &mut State,
        _request: &Request,
        _words: &[&str],
    ) -> Option<Response> {
        None
    }

    /// What refuses a new one when `Cloud::exhaust` was told of this type.
    fn no_quota(&self, location: &str) -> Response {
        let message = format!(
            "Operation could not be completed as it results in exceeding approved quota of {} in \
             region {location}. Additional details - Location: {location}, Current Limit: 0, \
             Current Usage: 0, Additional Required: 1, (Minimum) New Limit Required: 1.",
            self.name()
        );
        error(409, "QuotaExceeded", &message)
    }
}

/// A PUT or a PATCH.
#[derive(Debug)]
pub(super) struct Put<'a> {
    pub(super) id: &'a Id,
    /// What was sent.
    pub(super) body: &'a Value,
    /// What was there.
    pub(super) before: Option<&'a Resource>,
}

impl Put<'_> {
    /// A text somewhere in what was sent, by JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }

    /// A copy of the named members of what was sent.
    pub(super) fn members(&self, names: &[&str]) -> Map<String, Value> {
        let sent = |name: &&str| Some((name.to_string(), self.body.get(*name)?.clone()));
        names.iter().filter_map(sent).collect()
    }
}

/// What a PUT makes of a resource.
pub(super) struct Made {
    /// What is kept and shown, without `id`, `name` and `type`.
    pub(super) body: Value,
    /// What is kept and not shown; what was kept before stays unless it is named here.
    pub(super) hidden: Map<String, Value>,
    /// How long it takes and how it is answered.
    pub(super) course: Course,
}

impl Made {
    /// Done at once: 201 when it is new, else 200.
    pub(super) fn at_once(body: Value) -> Self {
        Self { body, hidden: Map::new(), course: Course::Done { made: 201, changed: 200 } }
    }

    pub(super) fn hiding(mut self, name: &str, value: Value) -> Self {
        self.hidden.insert(name.to_owned(), value);
        self
    }

    pub(super) fn course(mut self, course: Course) -> Self {
        self.course = course;
        self
    }
}

/// How a change goes on. Statuses are for what is new and for what was there; a DELETE is always
/// answered with `changed`.
#[derive(Clone)]
pub(super) enum Course {
    /// It is over.
    Done { made: u16, changed: u16 },
    /// It takes a while. `properties.provisioningState` is `state` until it is `Succeeded` or
    /// `Failed`. `then` is done when it succeeds.
    Running { made: u16, changed: u16, follow: Follow, state: &'static str, then: Option<Then> },
}

/// What happens at the end of an operation.
pub(super) type Then = Arc<dyn Fn(&mut State) + Send + Sync>;

impl Course {
    /// One that takes a while.
    pub(super) fn running(statuses: (u16, u16), follow: Follow, state: &'static str) -> Self {
        Self::Running { made: statuses.0, changed: statuses.1, follow, state, then: None }
    }
}

/// Where a caller looks how far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// `Azure-AsyncOperation`: a document with a `status`, always 200.
    AsyncOperation,
    /// `Location`: 202 until it is over, then the answer that a direct call would have had. The
    /// first answer has no body.
    Location,
    /// No header: the resource itself says, in `provisioningState`.
    Resource,
}

/// A call on something that hangs on a resource.
#[derive(Debug)]
pub(super) struct Act<'a> {
    pub(super) id: &'a Id,
    /// The words after the resource, as they were sent.
    pub(super) words: Vec<&'a str>,
    pub(super) request: &'a Request,
}

impl Act<'_> {
    /// The method and the words in lower case, to match on: `("POST", ["config", "web"])`.
    pub(super) fn lower(&self) -> Vec<String> {
        self.words.iter().map(|word| word.to_lowercase()).collect()
    }
}

/// Puts a change into a value: objects are merged, `null` removes, all else replaces (RFC 7396).
pub(super) fn merge(into: &mut Value, change: &Value) {
    let Value::Object(change) = change else {
        *into = change.clone();
        return;
    };
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    let Value::Object(members) = into else { return };
    for (name, value) in change {
        if value.is_null() {
            members.remove(name);
        } else {
            merge(members.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// Puts a change into a value as [`merge`] does, unless there is none.
pub(super) fn overlay(into: &mut Value, change: &Value) {
    if !change.is_null() {
        merge(into, change);
    }
}
