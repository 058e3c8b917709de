//! Tags: what is allowed in them, and the calls that change them without the resource.

use serde_json::{Value, json};

use super::error::{error, group_not_found, not_found};
use super::http::{Request, Response};
use super::resource_type::merge;
use super::state::State;
use super::{arm, checks};

const VERSIONS: &[&str] = &["2021-04-01", "2022-09-01", "2024-03-01", "2024-11-01", "2025-04-01"];

/// Limits of <https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources>.
const MOST: usize = 50;
const LONGEST_NAME: usize = 512;
const LONGEST_VALUE: usize = 256;

/// Whether a path after `providers` is about tags.
pub(super) fn is_tags(namespace: &str, rest: &[&str]) -> bool {
    namespace.eq_ignore_ascii_case("Microsoft.Resources")
        && matches!(rest, [tags, default]
            if tags.eq_ignore_ascii_case("tags") && default.eq_ignore_ascii_case("default"))
}

/// Refuses tags that are too many, too long, or have characters that names may not have.
pub(super) fn check(tags: &Value) -> Result<(), Response> {
    let Value::Object(all) = tags else { return Ok(()) };
    if all.len() > MOST {
        let message = format!("The number of tags '{}' exceeds the maximum '{MOST}'.", all.len());
        return Err(error(400, "TooManyTags", &message));
    }
    for (name, value) in all {
        if name.len() > LONGEST_NAME || name.contains(['<', '>', '%', '&', '\\', '?', '/']) {
            let message = format!(
                "The tag name '{name}' has reserved characters '<,>,%,&,\\,?,/' or control \
                 characters, or is too long."
            );
            return Err(error(400, "InvalidTagNameCharacters", &message));
        }
        let Some(value) = value.as_str() else {
            let message = format!("The value of tag '{name}' is not a string.");
            return Err(error(400, "InvalidRequestContent", &message));
        };
        if value.chars().count() > LONGEST_VALUE {
            let message = format!(
                "Tag value too large. Following tag value '{value}' exceeded the maximum length. \
                 Maximum allowed length for tag value - '{LONGEST_VALUE}' characters."
            );
            return Err(error(400, "InvalidTagValueLength", &message));
        }
    }
    Ok(())
}

/// A call on the tags of `scope`.
pub(super) fn serve(
    state: &mut State,
    request: &Request,
    scope: &str,
) -> Result<Response, Response> {
    checks::version(request, VERSIONS, "Microsoft.Resources/tags")?;
    let verb = match request.method.as_str() {
        "GET" | "HEAD" => "read",
        "DELETE" => "delete",
        _ => "write",
    };
    checks::permission(state, &format!("Microsoft.Resources/tags/{verb}"), scope)?;
    let Some(target) = state.get(scope) else { return Err(nothing(scope)) };
    let mut tags = target.body["tags"].clone();
    if !tags.is_object() {
        tags = json!({});
    }
    let sent = request.json();
    let given = &sent["properties"]["tags"];
    check(given)?;
    match (request.method.as_str(), sent["operation"].as_str()) {
        ("GET", _) => {}
        ("PUT", _) | ("PATCH", Some("Replace")) => tags = given.clone(),
        ("PATCH", Some("Merge")) => merge(&mut tags, given),
        ("PATCH", Some("Delete")) => remove(&mut tags, given),
        ("DELETE", _) => tags = json!({}),
        _ => {
            let message = "The operation must be one of 'Replace', 'Merge', 'Delete'.";
            return Err(error(400, "InvalidRequestContent", message));
        }
    }
    check(&tags)?;
    if let Some(target) = state.get_mut(scope) {
        target.body["tags"] = tags.clone();
    }
    if request.method == "DELETE" {
        return Ok(Response::empty(200));
    }
    Ok(Response::json(
        200,
        &json!({
            "id": format!("{scope}/providers/Microsoft.Resources/tags/default"),
            "name": "default", "type": "Microsoft.Resources/tags", "properties": {"tags": tags},
        }),
    ))
}

/// Tags go when both name and value are as given.
fn remove(tags: &mut Value, given: &Value) {
    let (Value::Object(tags), Value::Object(given)) = (tags, given) else { return };
    tags.retain(|name, value| given.get(name) != Some(value));
}

fn nothing(scope: &str) -> Response {
    match arm::parse(scope) {
        Some(id) => not_found(&id),
        None => {
            let group = scope.rsplit('/').next().unwrap_or_default();
            group_not_found(group)
        }
    }
}
