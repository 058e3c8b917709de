//! The table `targets.knative` of the manifest.

use std::cell::RefCell;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::Reader;
use serde_json::{Value, json};

/// The kinds that a manifest may name, the default one first.
pub const KINDS: [&str; 1] = ["service"];

/// What the manifest says of Knative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Namespace; `default` unless told.
    pub namespace: Option<String>,
    /// Context of the kubeconfig; the current one unless told.
    pub context: Option<String>,
}

impl Config {
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut reader = Reader::new("targets.knative", target, findings)?;
        let kind = reader.one_of("kind", &KINDS);
        let namespace = reader.string("namespace").map(|one| one.value);
        let context = reader.string("context").map(|one| one.value);
        reader.finish();
        Some(Self {
            kind: kind.as_ref().map_or(KINDS[0], |kind| kind.value),
            kind_span: kind.map(|kind| kind.span),
            namespace,
            context,
        })
    }
}

/// JSON Schema of the table.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": [],
        "properties": {
            "kind": { "enum": KINDS, "default": KINDS[0], "description": "How Knative runs the service." },
            "namespace": { "type": "string", "description": "Namespace; default unless told." },
            "context": { "type": "string", "description": "Context of the kubeconfig; the current one unless told." },
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
        let config = read(&[]).0.expect("good");
        assert_eq!((config.kind, config.kind_span), ("service", None));
    }

    #[test]
    fn every_kind_has_limits() {
        for kind in KINDS {
            let config = read(&[("kind", kind)]).0.expect("good");
            assert_eq!(config.kind, kind);
            assert!(crate::limits::limits().iter().any(|one| one.kind == kind), "{kind}");
        }
        assert_eq!(crate::limits::limits()[0].kind, KINDS[0]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let (_, codes) = read(&[("kind", "lambda"), ("namespacex", "one")]);
        let wanted =
            [&["manifest/choice"][..], &["manifest/missing"; 0], &["manifest/unknown-key"]];
        assert_eq!(codes, wanted.concat());
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        let keys: Vec<_> = schema["properties"].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["kind", "namespace", "context"]);
    }
}
