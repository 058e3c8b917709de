//! The user's own labels.

use std::collections::BTreeMap;

use mlship_core::finding::Finding;
use mlship_core::node::Value;
use mlship_core::reader::Reader;

use super::forms::short;

/// The most labels of the user's own: a resource takes 64, and mlship needs a few of them.
/// Source: <https://docs.cloud.google.com/run/docs/configuring/services/labels>, 2026-11-20.
const MOST: usize = 60;
/// Characters of a key or a value.
const LONGEST: usize = 63;

/// Reads `labels`.
pub(super) fn read(table: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let Some(written) = table.table("labels") else { return labels };
    for (key, node) in written.entries() {
        if written.is_full() {
            break;
        }
        let problem = match &node.value {
            Value::Str(value) => problem(&key.name, value),
            _ => Some("the value of a label must be text"),
        };
        match (problem, &node.value) {
            (None, Value::Str(value)) => drop(labels.insert(key.name.clone(), value.clone())),
            (problem, _) => {
                let name = short(&key.name);
                let problem = problem.unwrap_or_default();
                let message = format!("label `{name}` cannot be used: {problem}");
                written.report(Finding::error("gcp/label", message).at(node.span.clone()));
            }
        }
    }
    if labels.len() > MOST {
        let message = format!("{} labels are too many; {MOST} of yours can be", labels.len());
        written.report(Finding::error("gcp/label", message).at(written.place()));
    }
    labels
}

fn problem(name: &str, value: &str) -> Option<&'static str> {
    let known = |c: char| c.is_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if name.starts_with("mlship") {
        Some("labels `mlship…` are mlship's own")
    } else if name.starts_with("goog") || name.starts_with("run.googleapis") {
        Some("labels `goog…` are Google's own")
    } else if !name.starts_with(char::is_lowercase)
        || name.chars().count() > LONGEST
        || !name.chars().all(known)
    {
        Some("a key has 1 to 63 small letters, digits, `_` and `-`, and begins with a letter")
    } else if value.chars().count() > LONGEST || !value.chars().all(known) {
        Some("a value has up to 63 small letters, digits, `_` and `-`")
    } else {
        None
    }
}
