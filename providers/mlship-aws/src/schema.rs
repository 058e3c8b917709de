//! The `targets.aws` table as JSON Schema, for editors.

use serde_json::{Value, json};

/// What [`crate::config::Config::read`] takes.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "description": "AWS Lambda",
        "additionalProperties": false,
        "properties": {
            "region": {
                "type": "string",
                "description": "The region; that of the environment or profile when absent",
                "examples": ["eu-central-1"],
            },
            "kind": {
                "enum": ["lambda-zip", "lambda-image"],
                "default": "lambda-zip",
                "description": "How AWS runs the code",
            },
            "architecture": {
                "enum": ["x86_64", "arm64"],
                "default": "x86_64",
                "description": "The processor to run on",
            },
            "url": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "auth": {
                        "enum": ["iam", "none"],
                        "default": "iam",
                        "description": "Who may call the address: those whom IAM allows, or anyone",
                    },
                },
            },
            "role": {
                "type": "string",
                "pattern": "^arn:aws[a-z-]*:iam::\\d{12}:role/.+$",
                "description": "ARN of an existing role to run as; mlship makes one when absent",
            },
            "bucket": {
                "type": "string",
                "description": "An existing bucket for zips above 50 MB; mlship makes one when absent",
            },
            "repository": {
                "type": "string",
                "minLength": 2,
                "maxLength": 256,
                "pattern": "^([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*$",
                "description": "The repository for images, which mlship makes; `mlship/` and the service's name when absent",
            },
            "profile": {
                "type": "string",
                "description": "The profile of the shared configuration files to sign in with",
            },
            "reserved-concurrency": {
                "type": "integer",
                "minimum": 1,
                "description": "Instances set aside for the function, the most that run at once",
            },
            "provisioned-concurrency": {
                "type": "integer",
                "minimum": 1,
                "description": "Instances kept ready, at a price; AWS starts them ahead of requests",
            },
            "tags": {
                "type": "object",
                "additionalProperties": {"type": "string", "maxLength": 256},
                "description": "Tags of your own on everything that mlship makes",
            },
        },
    })
}
