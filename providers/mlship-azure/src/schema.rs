//! The `targets.azure` table as JSON Schema, for editors.

use serde_json::{Value, json};

use crate::config::{ACCESS, Kind, PACKAGE, PROFILES};
use crate::sizes::sizes;

/// What [`crate::config::Config::read`] takes.
pub fn schema() -> Value {
    let skus: Vec<&str> = [Kind::FunctionsPremium, Kind::FunctionsDedicated]
        .into_iter()
        .flat_map(sizes)
        .filter(|size| size.tier.has_slots())
        .map(|size| size.name)
        .collect();
    let text = |description: &str| json!({ "type": "string", "description": description });
    let word = |words: &[&str], description: &str| json!({ "enum": words, "default": words[0], "description": description });
    json!({
        "type": "object",
        "description": "Azure: functions, container apps, container instances and web apps",
        "additionalProperties": false,
        "required": ["location"],
        "properties": {
            "kind": word(&Kind::WORDS, "How Azure runs the service"),
            "location": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9]*$",
                "description": "The region",
                "examples": ["westeurope"],
            },
            "subscription": {
                "type": "string",
                "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                "description": "Id of the subscription; the one that is signed in to when absent",
            },
            "resource-group": {
                "type": "string",
                "minLength": 1,
                "maxLength": 90,
                "description": "The resource group; `mlship-` and the service's name when absent",
            },
            "access": word(&ACCESS, "Who may call the service: those with its key, or anyone"),
            "app": text("Name of the app, one of its kind in the world; derived when absent"),
            "storage-account": {
                "type": "string",
                "pattern": "^[a-z0-9]{3,24}$",
                "description": "Name of the storage account, one of its kind in the world; derived when absent",
            },
            "registry": {
                "type": "string",
                "pattern": "^[a-zA-Z0-9]{5,50}$",
                "description": "Name of an existing container registry for images; mlship makes one when absent",
            },
            "sku": { "enum": skus, "description": "Size of the plan; the smallest that has slots and the memory when absent" },
            "package": word(&PACKAGE, "What functions-premium and functions-dedicated are given"),
            "instances": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "min": { "type": "integer", "minimum": 0, "description": "Instances that are always ready, at a price" },
                    "max": { "type": "integer", "minimum": 1, "description": "The most instances at once" },
                },
            },
            "workload-profile": word(&PROFILES, "The machine that container-apps runs on"),
            "tags": {
                "type": "object",
                "additionalProperties": { "type": "string", "maxLength": 256 },
                "maxProperties": 40,
                "description": "Tags of your own on everything that mlship makes",
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use mlship_core::node::{Key, Node, Value};

    use crate::config::Config;

    #[test]
    fn it_names_the_keys_that_the_reader_knows() {
        let schema = super::schema();
        let known = schema["properties"].as_object().expect("an object");
        let unknown = |name: &str| {
            let key = Key { name: name.into(), span: 0..1 };
            let node = Node { span: 1..2, value: Value::Null };
            let table = Node { span: 0..9, value: Value::Table(vec![(key, node)]) };
            let findings = RefCell::default();
            Config::read(&table, &findings);
            findings.into_inner().0.iter().any(|one| one.code == "manifest/unknown-key")
        };
        assert_eq!(known.len(), 13);
        assert!(known.keys().all(|name| !unknown(name)), "{known:?}");
        assert!(unknown("region"));
    }
}
