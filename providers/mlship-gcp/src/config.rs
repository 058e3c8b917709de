//! The table `targets.gcp` of the manifest.

use std::cell::RefCell;

use mlship_core::finding::{Report, Span};
use mlship_core::node::Node;
use mlship_core::reader::Reader;
use serde_json::{Value, json};

/// The kinds that a manifest may name, the default one first.
pub const KINDS: [&str; 3] = ["cloud-run-source", "cloud-run-image", "functions-v2"];

/// What the manifest says of Google Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// One of [`KINDS`].
    pub kind: &'static str,
    /// Where the manifest names the kind; `None` for the default.
    pub kind_span: Option<Span>,
    /// Id of the project.
    pub project: String,
    /// Region, such as `europe-west1`.
    pub region: String,
}

impl Config {
    /// Reads the table; every mistake goes to `findings`. `None` when it cannot be used.
    pub fn read(target: &Node, findings: &RefCell<Report>) -> Option<Self> {
        let mut reader = Reader::new("targets.gcp", target, findings)?;
        let kind = reader.one_of("kind", &KINDS);
        let project = reader.string("project");
        let project = reader.required("project", project);
        let region = reader.string("region");
        let region = reader.required("region", region);
        reader.finish();
        Some(Self {
            kind: kind.as_ref().map_or(KINDS[0], |kind| kind.value),
            kind_span: kind.map(|kind| kind.span),
            project: project?.value,
            region: region?.value,
        })
    }
}

/// JSON Schema of the table.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["project", "region"],
        "properties": {
            "kind": { "enum": KINDS, "default": KINDS[0], "description": "How Google Cloud runs the service." },
            "project": { "type": "string", "description": "Id of the project." },
            "region": { "type": "string", "description": "Region, such as europe-west1." },
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
        let config = read(&[("project", "one"), ("region", "one")]).0.expect("good");
        assert_eq!((config.kind, config.kind_span), ("cloud-run-source", None));
    }

    #[test]
    fn every_kind_has_limits() {
        for kind in KINDS {
            let config =
                read(&[("project", "one"), ("region", "one"), ("kind", kind)]).0.expect("good");
            assert_eq!(config.kind, kind);
            assert!(crate::limits::limits().iter().any(|one| one.kind == kind), "{kind}");
        }
        assert_eq!(crate::limits::limits()[0].kind, KINDS[0]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let (_, codes) = read(&[("kind", "lambda"), ("projectx", "one")]);
        let wanted =
            [&["manifest/choice"][..], &["manifest/missing"; 2], &["manifest/unknown-key"]];
        assert_eq!(codes, wanted.concat());
    }

    #[test]
    fn the_schema_names_every_key() {
        let schema = schema();
        let keys: Vec<_> = schema["properties"].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["kind", "project", "region"]);
    }
}
