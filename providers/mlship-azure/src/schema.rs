//! The `targets.azure` table as JSON Schema, for editors.

use serde_json::{Value, json};

use crate::config::Kind;

/// What [`crate::config::Config::read`] takes.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["location"],
        "properties": {
            "kind": { "enum": Kind::WORDS, "default": Kind::WORDS[0], "description": "How Azure runs the service." },
            "location": { "type": "string", "description": "Region, such as westeurope." },
            "subscription": { "type": "string", "description": "Id of the subscription; the one that is signed in to unless told." },
            "resource-group": { "type": "string", "description": "Resource group; made for the service unless told." },
        }
    })
}
