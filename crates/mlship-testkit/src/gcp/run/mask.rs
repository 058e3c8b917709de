//! What a PATCH changes: the fields of its mask, or, without one, all.

use serde_json::{Map, Value};

use super::problem;
use crate::gcp::error::Refusal;

/// A document after a PATCH. `mask` is as it was sent: paths with commas between, in either
/// spelling; empty or `*` replaces all. `kept` are members that no caller sets.
///
/// # Errors
/// A path that is of no field.
pub(in crate::gcp) fn patched(
    old: &Value,
    sent: &Value,
    mask: &str,
    kept: &[&str],
    known: &[&str],
) -> Result<Value, Refusal> {
    let mut new = match mask {
        "" | "*" => sent.clone(),
        mask => {
            let mut new = old.clone();
            for path in mask.split(',') {
                set(&mut new, sent, path.trim(), known)?;
            }
            new
        }
    };
    for name in kept {
        match old.get(*name) {
            Some(value) => new[*name] = value.clone(),
            None => drop(new.as_object_mut().and_then(|new| new.remove(*name))),
        }
    }
    Ok(new)
}

fn set(new: &mut Value, sent: &Value, path: &str, known: &[&str]) -> Result<(), Refusal> {
    let parts: Vec<String> = split(path);
    let first = parts.first().map(String::as_str).unwrap_or_default();
    if !known.contains(&first) || parts.iter().any(String::is_empty) {
        let why = format!("Invalid field mask path: {path}");
        return Err(problem::field("update_mask", &why));
    }
    let Some((last, before)) = parts.split_last() else { return Ok(()) };
    let value = parts.iter().try_fold(sent, |value, part| value.get(part)).cloned();
    let mut place = new;
    for part in before {
        if place.get(part).is_none_or(Value::is_null) {
            place[part.as_str()] = Value::Object(Map::new());
        }
        place = &mut place[part.as_str()];
        if !place.is_object() {
            let why = format!("Invalid field mask path: {path}");
            return Err(problem::field("update_mask", &why));
        }
    }
    match value {
        Some(value) => place[last.as_str()] = value,
        None => drop(place.as_object_mut().and_then(|place| place.remove(last))),
    }
    Ok(())
}

/// The parts of a path in the spelling of JSON: `service_config.available_memory` and
/// `serviceConfig.availableMemory` are one. Keys of maps are in backticks or as they are.
fn split(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('.') {
        let of_map = parts.last().is_some_and(|before| {
            ["labels", "annotations", "environmentVariables", "limits"].contains(&before.as_str())
        });
        parts.push(if of_map { part.trim_matches('`').to_owned() } else { camel(part) });
    }
    parts
}

fn camel(name: &str) -> String {
    let mut all = String::new();
    let mut upper = false;
    for letter in name.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                all.extend(letter.to_uppercase());
                upper = false;
            }
            letter => all.push(letter),
        }
    }
    all
}
