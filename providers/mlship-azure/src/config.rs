//! The table `targets.azure` of the manifest.

use std::cell::RefCell;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::Reader;
use serde_json::{Value, json};

/// The kinds that a manifest may name, the default one first.
pub const KINDS: [&str; 6] = [
    "functions-flex",
    "functions-premium",
    "functions-dedicated",
    "container-apps",
    "container-instances",
    "web-app",
];

/// What the manifest says of Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Region, such as `westeurope`.
    pub location: String,
    /// Id of the subscription; the one that is signed in to unless told.
    pub subscription: Option<String>,
    /// Resource group; made for the service unless told.
    pub resource_group: Option<String>,
}

impl Config {
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut reader = Reader::new("targets.azure", target, findings)?;
        let kind = reader.one_of("kind", &KINDS);
        let location = reader.string("location");
        let location = reader.required("location", location);
        let subscription = reader.string("subscription").map(|one| one.value);
        let resource_group = reader.string("resource-group").map(|one| one.value);
        reader.finish();
        Some(Self {
            kind: kind.as_ref().map_or(KINDS[0], |kind| kind.value),
            kind_span: kind.map(|kind| kind.span),
            location: location?.value,
            subscription,
            resource_group,
        })
    }
}

/// JSON Schema of the table.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["location"],
        "properties": {
            "kind": { "enum": KINDS, "default": KINDS[0], "description": "How Azure runs the service." },
            "location": { "type": "string", "description": "Region, such as westeurope." },
            "subscription": { "type": "string", "description": "Id of the subscription; the one that is signed in to unless told." },
            "resource-group": { "type": "string", "description": "Resource group; made for the service unless told." },
        }
    })
}

#[cfg(test)]
mod tests {
    use mlship_testkit::target::table;

    use super::*;

    fn read(entries: &[(&str, &str)]) -> (Option<Config>, Vec<&'static str>) {
        let findings = RefCell::default();
        let config = Config::read(&table(entries), &findings);
        (config, findings.into_inner().0.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn the_first_kind_is_the_default() {
        let config = read(&[("location", "one")]).0.expect("good");
        assert_eq!((config.kind, config.kind_span), ("functions-flex", None));
    }

    #[test]
    fn every_kind_has_limits() {
        for kind in KINDS {
            let config = read(&[("location", "one"), ("kind", kind)]).0.expect("good");
            assert_eq!(config.kind, kind);
            assert!(crate::limits::limits().iter().any(|one| one.kind == kind), "{kind}");
        }
        assert_eq!(crate::limits::limits()[0].kind, KINDS[0]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let (_, codes) = read(&[("kind", "lambda"), ("locationx", "one")]);
        let wanted =
            [&["manifest/choice"][..], &["manifest/missing"; 1], &["manifest/unknown-key"]];
        assert_eq!(codes, wanted.concat());
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        let keys: Vec<_> = schema["properties"].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["kind", "location", "subscription", "resource-group"]);
    }
}
