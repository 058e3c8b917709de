//! The table as JSON Schema, for editors.

use serde_json::{Value, json};

use super::{Access, Gpu, Ingress, Kind};

/// What [`super::Config::read`] takes.
pub fn schema() -> Value {
    let word = |words: &[&str], description: &str| json!({ "enum": words, "default": words[0], "description": description });
    let account = |description: &str| json!({ "type": "string", "pattern": "^[a-z0-9.-]{1,64}@[a-z0-9.-]*gserviceaccount\\.com$", "description": description });
    json!({
        "type": "object",
        "description": "Google Cloud: Cloud Run and its functions",
        "additionalProperties": false,
        "required": ["project", "region"],
        "properties": {
            "kind": word(&Kind::WORDS, "How Google Cloud runs the service"),
            "project": { "type": "string", "description": "Id of the project", "examples": ["research-1"] },
            "region": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9-]*[0-9]$",
                "description": "The region",
                "examples": ["europe-west1"],
            },
            "access": word(&Access::WORDS, "Who may call the service: those with the role roles/run.invoker, or anyone"),
            "service-account": account("E-mail of the account that the service runs as; the project's default one when absent"),
            "caller": account("E-mail of an account to act as when a private service is called"),
            "cpu": { "enum": [0.08, 0.5, 1, 2, 4, 6, 8], "description": "CPUs of an instance; the fewest of at least 1 that take the memory when absent" },
            "gpu": { "enum": Gpu::WORDS, "description": "GPU of an instance, for cloud-run-image" },
            "instances": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "min": { "type": "integer", "minimum": 0, "description": "Instances that are always ready, at a price" },
                    "max": { "type": "integer", "minimum": 1, "description": "The most instances at once" },
                },
            },
            "ingress": word(&Ingress::WORDS, "From where the service can be reached"),
            "environment": {
                "type": "object",
                "additionalProperties": { "type": "string", "maxLength": 32_768 },
                "description": "Environment variables of your own",
            },
            "secrets": {
                "type": "object",
                "additionalProperties": { "type": "string", "pattern": "^.+:(latest|[0-9]+)$" },
                "description": "Environment variables out of Secret Manager, each as name:version",
            },
            "repository": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9-]{0,62}$",
                "description": "An existing Artifact Registry repository of the same project and region, for cloud-run-image; mlship makes one when absent",
            },
            "labels": {
                "type": "object",
                "additionalProperties": { "type": "string", "maxLength": 63 },
                "maxProperties": 60,
                "description": "Labels of your own on everything that mlship makes",
            },
        },
    })
}
