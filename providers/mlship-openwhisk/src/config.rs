//! The table `targets.openwhisk` of the manifest.

use std::cell::RefCell;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::Reader;
use serde_json::{Value, json};

/// The kinds that a manifest may name, the default one first.
pub const KINDS: [&str; 2] = ["action", "action-image"];

/// What the manifest says of Apache OpenWhisk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Host of the API; the one of the environment unless told.
    pub api_host: Option<String>,
    /// Namespace; the one of the key unless told.
    pub namespace: Option<String>,
}

/// Reads the table; every mistake is reported with its place.
///
/// # Errors
/// Unknown and missing keys, and values of the wrong type.
pub fn read(target: &Node) -> Result<Config, Report> {
    let findings = RefCell::new(Report::default());
    let config = Reader::new("targets.openwhisk", target, &findings).and_then(config);
    let report = findings.into_inner();
    match config {
        Some(config) if !report.has_errors() => Ok(config),
        _ => Err(report),
    }
}

/// JSON Schema of the table.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [],
        "properties": {
            "kind": { "enum": KINDS, "default": KINDS[0], "description": "How Apache OpenWhisk runs the service." },
            "api-host": { "type": "string", "description": "Host of the API; the one of the environment unless told." },
            "namespace": { "type": "string", "description": "Namespace; the one of the key unless told." },
        }
    })
}

fn config(mut reader: Reader<'_>) -> Option<Config> {
    let kind = reader.one_of("kind", &KINDS);
    let api_host = reader.string("api-host").map(|one| one.value);
    let namespace = reader.string("namespace").map(|one| one.value);
    reader.finish();
    Some(Config {
        kind: kind.as_ref().map_or(KINDS[0], |kind| kind.value),
        kind_span: kind.map(|kind| kind.span),
        api_host,
        namespace,
    })
}

#[cfg(test)]
mod tests {
    use mlship_core::node::{Key, Value as Written};

    use super::*;

    fn table(entries: &[(&str, &str)]) -> Node {
        let entries = entries.iter().enumerate().map(|(at, (key, value))| {
            let value = Node { span: at * 2 + 1..at * 2 + 2, value: Written::Str((*value).into()) };
            (Key { name: (*key).into(), span: at * 2..at * 2 + 1 }, value)
        });
        Node { span: 0..99, value: Written::Table(entries.collect()) }
    }

    #[test]
    fn the_first_kind_is_the_default() {
        let config = read(&table(&[])).expect("good");
        assert_eq!((config.kind, config.kind_span), ("action", None));
    }

    #[test]
    fn every_kind_has_limits() {
        for kind in KINDS {
            let config = read(&table(&[("kind", kind)])).expect("good");
            assert_eq!(config.kind, kind);
            assert!(crate::limits::limits().iter().any(|one| one.kind == kind), "{kind}");
        }
        assert_eq!(crate::limits::limits()[0].kind, KINDS[0]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let report = read(&table(&[("kind", "lambda"), ("api-hostx", "one")])).expect_err("bad");
        let codes: Vec<_> = report.0.iter().map(|finding| finding.code).collect();
        let wanted =
            [&["manifest/choice"][..], &["manifest/missing"; 0], &["manifest/unknown-key"]];
        assert_eq!(codes, wanted.concat());
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        let keys: Vec<_> = schema["properties"].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["kind", "api-host", "namespace"]);
    }
}
