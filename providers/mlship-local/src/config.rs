//! The manifest's `targets.local` table. Reads it and keeps its mistakes; decides nothing else.

use std::cell::RefCell;

use mlship_core::finding::Report;
use mlship_core::node::Node;
use mlship_core::reader::Reader;
use serde_json::{Value, json};

/// The table's name under `targets`.
pub const TARGET: &str = "local";

/// The ways this provider runs code.
pub const KINDS: &[&str] = &["process"];

/// The table, checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Config {
    /// The port to answer on, on 127.0.0.1; a free one is chosen once and kept when `None`.
    pub port: Option<u16>,
}

impl Config {
    /// Reads the table; an absent one is all defaults. Mistakes go to `findings`.
    pub fn read(node: Option<&Node>, findings: &RefCell<Report>) -> Self {
        let table = node.and_then(|node| Reader::new("targets.local", node, findings));
        let Some(mut table) = table else { return Self::default() };
        table.one_of("kind", KINDS);
        let port = table.integer("port", 1..=i64::from(u16::MAX));
        table.finish();
        Self { port: port.and_then(|port| u16::try_from(port.value).ok()) }
    }
}

/// The JSON Schema of the table.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "description": "This machine: a supervised process on 127.0.0.1",
        "additionalProperties": false,
        "properties": {
            "kind": {
                "description": "How the service is run",
                "enum": KINDS,
                "default": KINDS[0],
            },
            "port": {
                "description": "The port to answer on; a free one is chosen once and kept when absent",
                "type": "integer",
                "minimum": 1,
                "maximum": u16::MAX,
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use mlship_core::node::{Key, Value};

    use super::*;

    fn table(entries: Vec<(&str, Value)>) -> Node {
        let entries = entries
            .into_iter()
            .map(|(key, value)| (Key { name: key.into(), span: 0..1 }, Node { span: 2..3, value }))
            .collect();
        Node { span: 0..9, value: Value::Table(entries) }
    }

    fn read(node: Option<&Node>) -> (Config, Vec<String>) {
        let findings = RefCell::new(Report::default());
        let config = Config::read(node, &findings);
        (config, findings.into_inner().0.into_iter().map(|finding| finding.message).collect())
    }

    #[test]
    fn an_absent_table_is_all_defaults() {
        assert_eq!(read(None), (Config { port: None }, vec![]));
    }

    #[test]
    fn a_port_is_kept() {
        let node = table(vec![("kind", Value::Str("process".into())), ("port", Value::Int(8080))]);
        assert_eq!(read(Some(&node)), (Config { port: Some(8080) }, vec![]));
    }

    #[test]
    fn every_mistake_is_named() {
        let node = table(vec![
            ("kind", Value::Str("lambda-zip".into())),
            ("port", Value::Int(70_000)),
            ("prot", Value::Int(1)),
        ]);
        let (config, messages) = read(Some(&node));
        assert_eq!(config.port, None);
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages[2].contains("targets.local.prot"), "{messages:?}");
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        let keys: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["kind", "port"]);
    }
}
