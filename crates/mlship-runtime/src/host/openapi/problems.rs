//! Which problems `/predict` answers with, by their status, from the list of all.

use serde_json::{Value, json};

use super::Guard;
use crate::problem::Kind;

/// Puts the problems into the document: every type into their schema, and those that a prediction
/// may end with into its responses.
pub(super) fn put(document: &mut Value, guard: Guard) {
    let types: Vec<String> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
    document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"] = json!(types);
    let responses = &mut document["paths"]["/predict"]["post"]["responses"];
    for kind in Kind::ALL {
        let is_met = match kind {
            Kind::NotFound | Kind::MethodNotAllowed => false,
            Kind::NoKey => guard == Guard::Key,
            _ => true,
        };
        if !is_met {
            continue;
        }
        let response = &mut responses[kind.status().to_string()];
        if response.is_null() {
            *response = response_of(kind.status());
        }
        let before = response["description"].as_str().unwrap_or_default();
        let between = if before.is_empty() { "" } else { ". " };
        response["description"] = json!(format!("{before}{between}{}", kind.title()));
    }
}

fn response_of(status: u16) -> Value {
    let mut response = json!({
        "description": "",
        "content": {
            "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } },
        },
    });
    let header = match status {
        401 => Some(("WWW-Authenticate", "How to show the key.", "string")),
        503 => Some(("Retry-After", "Seconds to wait.", "integer")),
        _ => None,
    };
    if let Some((name, description, kind)) = header {
        response["headers"] = json!({
            name: { "description": description, "required": true, "schema": { "type": kind } },
        });
    }
    response
}
