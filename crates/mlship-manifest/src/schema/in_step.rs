//! The schema and the reader say the same: judged by the golden manifests, and key by key.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mlship_core::node::{Key, Node, Value as Written};
use serde_json::{Value, json};

use crate::{Format, PROVIDERS, project, schema, tree};

/// What a schema cannot say: these bad manifests are good to it. Two numbers of the document
/// cannot be compared, and 1.0 is a whole number in JSON.
const BEYOND_A_SCHEMA: [&str; 2] = ["top-alone.yaml", "version-decimal.yaml"];

#[test]
fn the_schema_takes_good_manifests_and_refuses_bad_ones() {
    let good = documents("good");
    let refused = refused_by_jsonschema(&good);
    assert!(good.len() >= 8 && refused.is_empty(), "refused by the schema: {refused:#?}");

    let bad = documents("bad");
    let refused: Vec<String> =
        refused_by_jsonschema(&bad).into_iter().map(|(name, _)| name).collect();
    let taken: Vec<_> = bad
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !refused.iter().any(|other| other == name))
        .collect();
    assert!(bad.len() >= 30, "{}", bad.len());
    assert_eq!(taken, BEYOND_A_SCHEMA);
}

#[test]
fn the_schema_has_the_readers_keys() {
    const FULL: &str = include_str!("../../../../tests/manifest/good/full.yaml");
    let other = |input: &str, output: &str| {
        format!("version: 1\nname: abc\nmodel: {{path: m}}\ninput: {input}\noutput: {output}\n")
    };
    let texts = [
        FULL.to_owned(),
        other("{tensor: {}}", "{regress: {}}"),
        other("{tensor: {}}", "{tensor: {}}"),
        other(
            "{image: {resize: {width: 1, height: 1}, crop: {width: 1, height: 1}}}",
            "{regress: }",
        ),
        other("{text: {tokenizer: vocab.txt}}", "{embed: {}}") + "image: {}\n",
    ];
    let trees: Vec<Node> = texts.iter().map(|text| tree_of(text, Format::Yaml).unwrap()).collect();
    let mut tables = Vec::new();
    closed_tables(&schema([]), &mut Vec::new(), &mut tables);
    assert!(tables.len() >= 12, "{tables:?}");
    for (path, keys) in tables {
        let known = trees.iter().find_map(|tree| known_keys(tree, &path));
        assert_eq!(known.as_ref(), Some(&keys), "keys of `{}`", path.join("."));
    }
}

/// Every table of the schema that takes no other keys than its own: its path and sorted keys.
fn closed_tables(
    schema: &Value,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, Vec<String>)>,
) {
    if let Some(items) = schema.get("items") {
        closed_tables(items, path, found);
    }
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    let none = serde_json::Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let mut keys: Vec<_> = properties.keys().cloned().collect();
    keys.sort();
    found.push((path.clone(), keys));
    for (key, part) in properties {
        path.push(key.clone());
        closed_tables(part, path, found);
        path.pop();
    }
}

/// The keys that the reader offers for one that it cannot know, in the table at `path`.
fn known_keys(tree: &Node, path: &[String]) -> Option<Vec<String>> {
    let mut tree = tree.clone();
    let mut node = &mut tree;
    for key in path {
        node = entries_of(node)?
            .iter_mut()
            .find(|(name, _)| name.name == *key)
            .map(|(_, node)| node)?;
    }
    let stranger = Key { name: "0".into(), span: 0..0 };
    entries_of(node)?.push((stranger, Node { span: 0..0, value: Written::Table(Vec::new()) }));
    let (_, report) = project::read(&tree, Path::new("."));
    let hints = report.0.iter().flat_map(|finding| &finding.hints);
    let mut known: Vec<String> = hints
        .filter_map(|hint| match hint.as_str() {
            "this table takes no keys" => Some(Vec::new()),
            hint => {
                let list = hint.strip_prefix("known keys: ").or(hint.strip_prefix("one of: "))?;
                Some(list.split(", ").map(str::to_owned).collect())
            }
        })
        .next()?;
    known.sort();
    Some(known)
}

/// The entries of a table, or of the first table of a list.
fn entries_of(node: &mut Node) -> Option<&mut Vec<(Key, Node)>> {
    match &mut node.value {
        Written::Table(entries) => Some(entries),
        Written::List(items) => entries_of(items.first_mut()?),
        _ => None,
    }
}

#[test]
fn every_provider_has_its_table() {
    let whole = schema([("aws", json!({"type": "object"}))]);
    let targets = &whole["properties"]["targets"]["properties"];
    assert!(PROVIDERS.iter().all(|provider| targets.get(provider).is_some()));
    assert_eq!(targets["aws"], json!({"type": "object"}));
}

/// The manifests that have a tree, as JSON.
fn documents(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/manifest").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| {
            let format = Format::of(&path)?;
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name()?.to_str()?.to_owned();
            Some((name, json_of(&tree_of(&text, format)?)))
        })
        .collect()
}

/// The tree of a text without mistakes of syntax.
fn tree_of(text: &str, format: Format) -> Option<Node> {
    let (tree, report) = tree::parse(text, format);
    tree.filter(|_| report.is_empty())
}

fn json_of(node: &Node) -> Value {
    match &node.value {
        Written::Null => Value::Null,
        Written::Bool(value) => json!(value),
        Written::Int(number) => json!(number),
        Written::Float(number) => json!(number),
        Written::Str(text) => json!(text),
        Written::List(items) => items.iter().map(json_of).collect(),
        Written::Table(entries) => {
            entries.iter().map(|(key, node)| (key.name.clone(), json_of(node))).collect()
        }
    }
}

/// The documents that Python's `jsonschema` refuses, and why.
fn refused_by_jsonschema(documents: &[(String, Value)]) -> Vec<(String, String)> {
    const SCRIPT: &str = "
import json, sys, jsonschema
schema, documents = json.load(sys.stdin)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
best = lambda document: jsonschema.exceptions.best_match(validator.iter_errors(document))
found = [(name, best(document)) for name, document in documents]
json.dump([(name, error.message) for name, error in found if error], sys.stdout)
";
    let mut python = Command::new(mlship_testkit::tools::python())
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = serde_json::to_vec(&json!([schema([]), documents])).unwrap();
    python.stdin.take().unwrap().write_all(&input).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
