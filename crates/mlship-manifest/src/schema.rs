//! The manifest's JSON Schema (draft 2020-12), for editors.
//!
//! It says what the reader in `project` says, as far as a schema can; a test keeps them in step.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::PROVIDERS;

mod columns;
#[cfg(test)]
mod in_step;
mod picture;
mod text;
mod types;

/// The schema of the whole manifest.
///
/// `targets` are the providers' schemas of their own tables, by name; a provider without one may
/// hold any table. Their `$defs` are taken in, under names of their own.
pub fn schema(targets: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let generator = settings.into_generator();
    let mut root = generator.into_root_schema_for::<types::Manifest>().to_value();
    let mut tables: Map<String, Value> = PROVIDERS
        .iter()
        .map(|provider| (String::from(*provider), json!({"type": ["object", "null"]})))
        .collect();
    let mut definitions = Map::new();
    for (provider, schema) in targets {
        tables.insert(provider.to_owned(), table(provider, schema, &mut definitions));
    }
    root["properties"]["targets"] = json!({
        "description": "Where to deploy: one table a provider, each with the provider's own keys.",
        "type": ["object", "null"],
        "additionalProperties": false,
        "properties": tables,
    });
    if !definitions.is_empty() {
        root["$defs"] = Value::Object(definitions);
    }
    root
}

/// A provider's schema as a part of the whole.
fn table(provider: &str, mut schema: Value, definitions: &mut Map<String, Value>) -> Value {
    rename(&mut schema, provider);
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("$schema");
        schema.remove("title");
        if let Some(Value::Object(own)) = schema.remove("$defs") {
            definitions
                .extend(own.into_iter().map(|(name, part)| (format!("{provider}.{name}"), part)));
        }
    }
    schema
}

/// Makes every reference to a definition one to the provider's own.
fn rename(schema: &mut Value, provider: &str) {
    match schema {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(to) if key == "$ref" => {
                        if let Some(name) = to.strip_prefix("#/$defs/") {
                            *to = format!("#/$defs/{provider}.{name}");
                        }
                    }
                    _ => rename(value, provider),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, provider)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_providers_definitions_are_taken_in_under_its_name() {
        let own = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Config",
            "type": "object",
            "properties": {"url": {"anyOf": [{"$ref": "#/$defs/Url"}, {"type": "null"}]}},
            "$defs": {"Url": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Url"}}}},
        });
        let whole = schema([("aws", own.clone()), ("gcp", own)]);
        let aws = &whole["properties"]["targets"]["properties"]["aws"];
        assert_eq!(aws["properties"]["url"]["anyOf"][0]["$ref"], "#/$defs/aws.Url");
        assert!(aws.get("title").is_none() && aws.get("$defs").is_none());
        let next = &whole["$defs"]["gcp.Url"]["properties"]["next"]["$ref"];
        assert_eq!(next, "#/$defs/gcp.Url");
    }

    #[test]
    fn a_provider_without_a_schema_may_hold_any_table() {
        let whole = schema([]);
        let targets = whole["properties"]["targets"]["properties"].as_object().unwrap();
        assert_eq!(targets.len(), PROVIDERS.len());
        assert_eq!(targets["knative"], json!({"type": ["object", "null"]}));
        assert!(whole.get("$defs").is_none());
    }
}
