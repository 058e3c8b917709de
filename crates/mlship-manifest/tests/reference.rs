//! `docs/reference/manifest.md` has every key of the schema, with its default and bounds, and no
//! other; its examples are good manifests.

use std::collections::BTreeMap;
use std::path::Path;

use mlship_manifest::{Format, MAX_BYTES, MAX_DEPTH, parse, schema};
use serde_json::Value;

const REFERENCE: &str = include_str!("../../../docs/reference/manifest.md");

/// Path to schema of every key: `samples[].request`.
fn keys(path: &str, schema: &Value, found: &mut BTreeMap<String, Value>) {
    if let Some(items) = schema.get("items") {
        keys(&format!("{path}[]"), items, found);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, part) in properties {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        keys(&path, part, found);
        found.insert(path, part.clone());
    }
}

/// First cell of a table's row to the whole row.
fn rows() -> BTreeMap<String, &'static str> {
    REFERENCE
        .lines()
        .filter_map(|line| {
            let key = line.strip_prefix("| `")?.split('`').next()?;
            Some((key.to_owned(), line))
        })
        .collect()
}

#[test]
fn every_key_has_its_row() {
    let mut known = BTreeMap::new();
    keys("", &schema([]), &mut known);
    let rows = rows();
    assert!(known.keys().eq(rows.keys()), "{:#?}\n{:#?}", known.keys(), rows.keys());
    for (key, schema) in known {
        for fact in ["default", "minimum", "maximum"] {
            let Some(value) = schema.get(fact) else { continue };
            if key == "output.classify.top" {
                continue;
            }
            let words =
                value.as_str().map_or_else(|| value.to_string(), |text| format!("`{text}`"));
            let row = rows[&key];
            let cell = match fact {
                "minimum" => format!("| {words} to "),
                "maximum" => format!(" to {words} |"),
                _ => format!("| {words} |"),
            };
            assert!(row.contains(&cell), "`{cell}` is not in: {row}");
        }
    }
    assert!(REFERENCE.contains(&format!("at most {} MiB", MAX_BYTES >> 20)));
    assert!(REFERENCE.contains(&format!("at most {MAX_DEPTH} levels")));
}

#[test]
fn the_examples_are_good_manifests() {
    let mut projects = Vec::new();
    for (fence, format) in [("```yaml\n", Format::Yaml), ("```toml\n", Format::Toml)] {
        for part in REFERENCE.split(fence).skip(1) {
            let text = part.split("```").next().unwrap();
            let (project, report) = parse(text, format, Path::new("."));
            assert!(report.is_empty(), "{report:#?}\n{text}");
            projects.push(project.unwrap());
        }
    }
    assert_eq!(projects.len(), 6);
    let (yaml, toml) = (&projects[0], &projects[5]);
    assert_eq!(yaml.name.value, toml.name.value);
    assert_eq!(yaml.output.clone(), {
        let mut output = toml.output.clone();
        if let (
            mlship_core::project::Output::Classify(classify),
            mlship_core::project::Output::Classify(other),
        ) = (&mut output, &yaml.output)
        {
            classify.span.clone_from(&other.span);
            classify.labels_span.clone_from(&other.labels_span);
        }
        output
    });
}
