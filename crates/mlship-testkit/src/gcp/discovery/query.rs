//! What is in the query: parameters of the method, those that every method has, and no others.

use serde_json::Value;

use super::document::{Document, Method};
use super::{formats, is_upload, schema};
use crate::gcp::http::Request;

/// Parameters of Google's servers that no document tells.
const UNTOLD: [&str; 3] = ["$alt", "$prettyPrint", "$fields"];

/// Decoded, in their order.
pub(super) fn pairs(request: &Request) -> Vec<(String, String)> {
    form_urlencoded::parse(request.query.as_bytes()).into_owned().collect()
}

/// What is wrong with the query of a call.
pub(super) fn problems(document: &Document, method: &Method, request: &Request) -> Vec<String> {
    let pairs = pairs(request);
    let mut problems = Vec::new();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if UNTOLD.contains(&name.as_str()) || (name == "upload_id" && is_upload(request)) {
            continue;
        }
        let own = in_query(&method.parameters[name]).then(|| &method.parameters[name]);
        let known = own.or_else(|| document.parameters.get(name));
        let Some(parameter) = known else {
            problems.push(format!("Unknown name \"{name}\": Cannot bind query parameter."));
            continue;
        };
        let again = pairs[..at].iter().any(|(other, _)| other == name);
        if again && parameter["repeated"] != true {
            problems.push(format!("Query parameter '{name}' is given more than once."));
        }
        if !fits(document, parameter, value) {
            problems.push(format!("Invalid value at '{name}': \"{value}\""));
        }
        if parameter["format"] == "google-fieldmask" {
            problems.extend(mask(document, method, value));
        }
    }
    problems.extend(missing(method, &pairs));
    problems
}

fn in_query(parameter: &Value) -> bool {
    parameter["location"] == "query"
}

fn fits(document: &Document, parameter: &Value, value: &str) -> bool {
    let names = schema::names(parameter);
    if !names.is_empty() {
        let number = value.parse().ok().and_then(|number| document.enums.name(&names, number));
        return names.contains(&value) || number.is_some();
    }
    match parameter["type"].as_str() {
        Some("boolean") => ["true", "false"].contains(&value),
        Some("integer") => formats::fits(parameter["format"].as_str().unwrap_or("int32"), value),
        _ => parameter["format"].as_str().is_none_or(|format| formats::fits(format, value)),
    }
}

fn missing(method: &Method, pairs: &[(String, String)]) -> Vec<String> {
    let all = method.parameters.as_object().into_iter().flatten();
    all.filter(|(_, parameter)| in_query(parameter) && parameter["required"] == true)
        .filter(|(name, _)| !pairs.iter().any(|(given, _)| given == *name))
        .map(|(name, _)| format!("Required parameter '{name}' is missing."))
        .collect()
}

/// The paths of a field mask that are no fields of what is sent.
fn mask(document: &Document, method: &Method, value: &str) -> Vec<String> {
    let Some(schema) = &method.request else { return Vec::new() };
    let unknown = |path: &&str| *path != "*" && !schema::has_path(document, schema, path);
    let paths = value.split(',').filter(unknown);
    paths.map(|path| format!("Invalid field mask path '{path}'.")).collect()
}
