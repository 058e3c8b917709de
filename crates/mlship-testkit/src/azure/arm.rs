//! Resource Manager: finds the type that a path is about and does what is the same for all types.

use serde_json::{Map, Value, json};

use super::error::{busy, error, group_not_found, not_found, unauthenticated};
use super::http::{Request, Response};
use super::id::{Id, words};
use super::operations::{self, Work, begin};
use super::resource_type::{Act, Put, ResourceType};
use super::state::{Resource, State};
use super::{SUBSCRIPTION, TENANT, checks, groups, tags, types};

/// Answers a call.
pub(super) fn serve(state: &mut State, request: &Request) -> Response {
    answer(state, request).unwrap_or_else(|refused| refused)
}

fn answer(state: &mut State, request: &Request) -> Result<Response, Response> {
    if request.bearer().is_none() {
        return Err(unauthenticated());
    }
    let words = words(&request.path);
    if let Some(seen) = operations::look(state, &words) {
        return Ok(seen);
    }
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let is = |at: usize, word: &str| plain.get(at).is_some_and(|is| is.eq_ignore_ascii_case(word));
    if is(0, "subscriptions") && plain.len() > 1 && !is(1, SUBSCRIPTION) {
        let message = format!("The subscription '{}' could not be found.", plain[1]);
        return Err(error(404, "SubscriptionNotFound", &message));
    }
    if let Some(at) = plain.iter().rposition(|word| word.eq_ignore_ascii_case("providers")) {
        return provider(state, request, &plain, at);
    }
    match plain.as_slice() {
        [one] if one.eq_ignore_ascii_case("subscriptions") => {
            Ok(Response::json(200, &json!({"value": [subscription()]})))
        }
        [_, _] if is(0, "subscriptions") => Ok(Response::json(200, &subscription())),
        [_, _, rest @ ..] if is(2, "resourcegroups") => groups::serve(state, request, &rest[1..]),
        [_, _, "locations"] => Ok(Response::json(200, &locations())),
        [_, _, "resources"] => Ok(groups::resources(state, request, None)),
        _ => Err(no_route()),
    }
}

fn subscription() -> Value {
    json!({
        "id": format!("/subscriptions/{SUBSCRIPTION}"), "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT, "displayName": "Tests", "state": "Enabled",
        "authorizationSource": "RoleBased",
        "subscriptionPolicies": {"locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off"},
    })
}

/// The locations that exist, by name and as people write them.
pub(super) const LOCATIONS: [(&str, &str); 5] = [
    ("westeurope", "West Europe"),
    ("northeurope", "North Europe"),
    ("eastus", "East US"),
    ("swedencentral", "Sweden Central"),
    ("westus", "West US"),
];

fn locations() -> Value {
    let one = |(name, display): &(&str, &str)| {
        json!({"id": format!("/subscriptions/{SUBSCRIPTION}/locations/{name}"), "name": name,
            "displayName": display, "regionalDisplayName": display, "type": "Region",
            "metadata": {"regionType": "Physical", "regionCategory": "Recommended"}})
    };
    json!({"value": LOCATIONS.iter().map(one).collect::<Vec<_>>()})
}

fn no_route() -> Response {
    let message = "The request did not have a valid path for this method.";
    error(404, "InvalidResource", message)
}

/// A path that has `providers` at `at`.
fn provider(
    state: &mut State,
    request: &Request,
    words: &[&str],
    at: usize,
) -> Result<Response, Response> {
    let Some((namespace, rest)) = words[at + 1..].split_first() else { return Err(no_route()) };
    if tags::is_tags(namespace, rest) {
        return tags::serve(state, request, &join(&words[..at]));
    }
    let Some((kind, id, rest)) = resolve(words, at, namespace, rest) else {
        return bare(state, request, words, at, namespace, rest);
    };
    checks::version(request, kind.api_versions(), kind.name())?;
    let action = checks::action(kind, &request.method, &rest);
    checks::permission(state, &action, &id.text)?;
    group_must_exist(state, &id)?;
    if rest.is_empty() {
        return resource(state, request, kind, &id);
    }
    find(state, &id)?;
    if let ([word], "GET") = (rest.as_slice(), request.method.as_str()) {
        let within = format!("{}/{word}", kind.name());
        if types::find(&within).is_some() {
            return Ok(list(state, &within, &format!("{}/", id.key())));
        }
    }
    let act = Act { id: &id, words: rest, request };
    kind.act(state, &act).ok_or_else(no_route)
}

/// The longest run of words that is a type with a name for each of its words, and what follows.
fn resolve<'a>(
    words: &[&'a str],
    at: usize,
    namespace: &str,
    rest: &[&'a str],
) -> Option<(&'static dyn ResourceType, Id, Vec<&'a str>)> {
    for pairs in (1..=rest.len() / 2).rev() {
        let (own, after) = rest.split_at(pairs * 2);
        let mut name = namespace.to_owned();
        for word in own.iter().step_by(2) {
            name.push_str(&format!("/{word}"));
        }
        let Some(kind) = types::find(&name) else { continue };
        let scope = join(&words[..at]);
        let mut text = format!("{scope}/providers/{}", kind.name().split('/').next()?);
        for (word, name) in kind.name().split('/').skip(1).zip(own.iter().skip(1).step_by(2)) {
            text.push_str(&format!("/{word}/{name}"));
        }
        let names = own.iter().skip(1).step_by(2).map(|&name| name.to_owned()).collect();
        let in_group = words.get(2).is_some_and(|word| word.eq_ignore_ascii_case("resourceGroups"));
        let group = in_group.then(|| words.get(3).map(|&word| word.to_owned())).flatten();
        let id = Id { text, group, scope, kind: kind.name(), names };
        return Some((kind, id, after.to_vec()));
    }
    None
}

/// The id that a text is, when its type is known.
pub(super) fn parse(text: &str) -> Option<Id> {
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let at = words.iter().rposition(|word| word.eq_ignore_ascii_case("providers"))?;
    let (namespace, rest) = words.get(at + 1..)?.split_first()?;
    let (_, id, rest) = resolve(&words, at, namespace, rest)?;
    rest.is_empty().then_some(id)
}

fn join(words: &[&str]) -> String {
    words.iter().map(|word| format!("/{word}")).collect()
}

/// A path that names no resource: a list, or a call on the provider itself.
fn bare(
    state: &mut State,
    request: &Request,
    words: &[&str],
    at: usize,
    namespace: &str,
    rest: &[&str],
) -> Result<Response, Response> {
    let of_namespace = || {
        let start = format!("{}/", namespace.to_lowercase());
        types::TYPES.iter().filter(move |kind| kind.name().to_lowercase().starts_with(&start))
    };
    if of_namespace().next().is_none() {
        let message = format!("The resource namespace '{namespace}' is invalid.");
        return Err(error(404, "InvalidResourceNamespace", &message));
    }
    if let ([word], "GET") = (rest, request.method.as_str())
        && let Some(kind) = types::find(&format!("{namespace}/{word}"))
    {
        checks::version(request, kind.api_versions(), kind.name())?;
        let scope = join(&words[..at]);
        checks::permission(state, &format!("{}/read", kind.name()), &scope)?;
        return Ok(list(state, kind.name(), &format!("{}/", scope.to_lowercase())));
    }
    if request.query("api-version").is_none() {
        checks::version(request, &[], namespace)?;
    }
    let called = of_namespace().find_map(|kind| kind.provider_call(state, request, rest));
    called.ok_or_else(|| {
        let kind = rest.first().copied().unwrap_or_default();
        let message = format!(
            "The resource type '{kind}' could not be found in the namespace '{namespace}' for api \
             version '{}'.",
            request.query("api-version").unwrap_or_default()
        );
        error(404, "InvalidResourceType", &message)
    })
}

fn list(state: &mut State, kind: &str, below: &str) -> Response {
    let keys: Vec<String> = state
        .resources
        .iter()
        .filter(|(key, resource)| {
            resource.id.kind.eq_ignore_ascii_case(kind) && key.starts_with(below)
        })
        .map(|(key, _)| key.clone())
        .collect();
    let value: Vec<Value> = keys.iter().filter_map(|key| listed(state, key)).collect();
    Response::json(200, &json!({"value": value}))
}

/// What a list shows of a resource; `None` while the list lags behind.
pub(super) fn listed(state: &mut State, key: &str) -> Option<Value> {
    let resource = state.resources.get_mut(key)?;
    if resource.unlisted > 0 {
        resource.unlisted -= 1;
        return None;
    }
    let resource = state.resources.get(key)?;
    Some(shown(state, resource))
}

/// What is shown of a resource.
pub(super) fn shown(state: &State, resource: &Resource) -> Value {
    let mut all = Map::new();
    all.insert("id".into(), json!(resource.id.text));
    all.insert("name".into(), json!(resource.id.name()));
    all.insert("type".into(), json!(resource.id.kind));
    let body = match types::find(resource.id.kind) {
        Some(kind) => kind.shown(state, resource),
        None => resource.body.clone(),
    };
    if let Value::Object(body) = body {
        all.extend(body);
    }
    Value::Object(all)
}

fn group_must_exist(state: &State, id: &Id) -> Result<(), Response> {
    match &id.group {
        Some(group) if groups::find(state, group).is_none() => Err(group_not_found(group)),
        _ => Ok(()),
    }
}

/// A look at a resource: time passes for it, and a new one may not be seen yet.
fn find(state: &mut State, id: &Id) -> Result<Resource, Response> {
    operations::pass_time_of(state, &id.text);
    let Some(resource) = state.get_mut(&id.text) else { return Err(not_found(id)) };
    if resource.unseen > 0 {
        resource.unseen -= 1;
        return Err(not_found(id));
    }
    Ok(resource.clone())
}

fn resource(
    state: &mut State,
    request: &Request,
    kind: &dyn ResourceType,
    id: &Id,
) -> Result<Response, Response> {
    match request.method.as_str() {
        "GET" => {
            let found = find(state, id)?;
            Ok(Response::json(200, &shown(state, &found)))
        }
        "HEAD" => find(state, id).map(|_| Response::empty(204)),
        "PUT" | "PATCH" => put(state, request, kind, id),
        "DELETE" => delete(state, kind, id),
        _ => Err(error(405, "MethodNotAllowed", "The method is not allowed for this resource.")),
    }
}

fn put(
    state: &mut State,
    request: &Request,
    kind: &dyn ResourceType,
    id: &Id,
) -> Result<Response, Response> {
    operations::pass_time_of(state, &id.text);
    let before = state.get(&id.text).cloned();
    let sent = request.json();
    if sent.is_null() && !request.body.is_empty() {
        let message = "The request content was invalid and could not be deserialized.";
        return Err(error(400, "InvalidRequestContent", message));
    }
    if before.as_ref().is_some_and(|before| before.operation.is_some()) {
        return Err(busy(id));
    }
    let body = match (request.method.as_str(), &before) {
        ("PATCH", None) => return Err(not_found(id)),
        ("PATCH", _) => kind.patched(&Put { id, body: &sent, before: before.as_ref() })?,
        _ => sent,
    };
    may_be_made(state, kind, id, before.as_ref(), &body)?;
    let id = &before.as_ref().map_or_else(|| id.clone(), |before| before.id.clone());
    let made = kind.put(state, &Put { id, body: &body, before: before.as_ref() })?;
    let is_new = before.is_none();
    let lag = if is_new { state.tape.script.lag } else { 0 };
    let mut kept = before.unwrap_or_else(|| Resource::new(id.clone(), Value::Null));
    (kept.body, kept.unseen, kept.unlisted) = (made.body, lag, lag);
    kept.hidden.extend(made.hidden);
    let id = id.clone();
    state.resources.insert(id.key(), kept.clone());
    kind.settled(state, &id);
    let shown = shown(state, &kept);
    Ok(begin(state, &id, Work::Change, made.course, is_new, &shown))
}

/// What any new resource needs: the resource that it is within, and quota; and a resource stays
/// where it is.
fn may_be_made(
    state: &State,
    kind: &dyn ResourceType,
    id: &Id,
    before: Option<&Resource>,
    body: &Value,
) -> Result<(), Response> {
    let location = body["location"].as_str().unwrap_or_default();
    if let Some(before) = before {
        let is = plain_location(before.location());
        if !location.is_empty() && plain_location(location) != is {
            let message = format!(
                "The resource '{}' already exists in location '{is}' in resource group '{}'. A \
                 resource with the same name cannot be created in location '{location}'. Please \
                 select a new resource name.",
                id.name(),
                id.group.as_deref().unwrap_or_default()
            );
            return Err(error(409, "InvalidResourceLocation", &message));
        }
        return Ok(());
    }
    if !location.is_empty() && !LOCATIONS.iter().any(|(name, _)| plain_location(location) == *name)
    {
        let message = format!(
            "The provided location '{location}' is not available for resource type '{}'. List of \
             available regions for the resource type is 'westeurope,northeurope,eastus,\
             swedencentral,westus'.",
            kind.name()
        );
        return Err(error(400, "LocationNotAvailableForResourceType", &message));
    }
    let parent = id.parent();
    if id.names.len() > 1 && parse(&parent).is_some() && state.get(&parent).is_none() {
        let message = format!(
            "Can not perform requested operation on nested resource. Parent resource '{}' not \
             found.",
            id.names[id.names.len() - 2]
        );
        return Err(error(404, "ParentResourceNotFound", &message));
    }
    match state.exhausted.contains(&kind.name().to_lowercase()) {
        true => Err(kind.no_quota(location)),
        false => Ok(()),
    }
}

/// `West Europe` and `westeurope` are the same place.
pub(super) fn plain_location(location: &str) -> String {
    location.replace(' ', "").to_lowercase()
}

fn delete(state: &mut State, kind: &dyn ResourceType, id: &Id) -> Result<Response, Response> {
    operations::pass_time_of(state, &id.text);
    let Some(found) = state.get(&id.text).cloned() else { return Ok(Response::empty(204)) };
    if found.operation.is_some() {
        return Err(busy(id));
    }
    let course = kind.delete(state, &found)?;
    let over = matches!(course, super::resource_type::Course::Done { .. });
    let response = begin(state, &found.id, Work::Remove, course, false, &Value::Null);
    if over {
        state.remove(&id.text);
    }
    Ok(response)
}
