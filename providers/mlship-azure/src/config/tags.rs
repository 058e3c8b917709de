//! The user's own tags.

use std::collections::BTreeMap;

use mlship_core::finding::Finding;
use mlship_core::node::Value;
use mlship_core::reader::Reader;

use super::forms::short;

/// The most tags of the user's own: a resource takes 50, and mlship needs a few of them.
const MOST: usize = 40;
/// Characters of a name: a storage account takes no more, other resources 512.
const LONGEST_NAME: usize = 128;
/// Characters of a value.
const LONGEST_VALUE: usize = 256;

/// Reads `tags`.
pub(super) fn read(table: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::<String, String>::new();
    let mut lower = BTreeMap::<String, String>::new();
    let Some(written) = table.table("tags") else { return tags };
    for (key, node) in written.entries() {
        if written.is_full() {
            break;
        }
        let name = &key.name;
        let problem = match &node.value {
            Value::Str(value) => problem(name, value),
            _ => Some("the value of a tag must be text".to_owned()),
        };
        let same = lower.insert(name.to_lowercase(), name.clone());
        let problem = problem.or_else(|| {
            same.map(|same| format!("`{same}` is the same to Azure, which ignores capitals"))
        });
        match (problem, &node.value) {
            (None, Value::Str(value)) => drop(tags.insert(name.clone(), value.clone())),
            (problem, _) => {
                let problem = problem.unwrap_or_default();
                let message = format!("tag `{}` cannot be used: {problem}", short(name));
                written.report(Finding::error("azure/tag", message).at(node.span.clone()));
            }
        }
    }
    if tags.len() > MOST {
        let message = format!("{} tags are too many; a resource takes {MOST} of yours", tags.len());
        written.report(Finding::error("azure/tag", message).at(written.place()));
    }
    tags
}

fn problem(name: &str, value: &str) -> Option<String> {
    let lower = name.to_lowercase();
    if lower.starts_with("mlship:") {
        return Some("tags `mlship:…` are mlship's own".into());
    }
    let taken = ["azure", "microsoft", "windows"].into_iter().find(|word| lower.starts_with(word));
    if let Some(word) = taken {
        return Some(format!("names that begin with `{word}` are Azure's own"));
    }
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Some(format!("a name has 1 to {LONGEST_NAME} characters"));
    }
    let odd = |c: char| c.is_control() || "<>%&\\?/".contains(c);
    if name.contains(odd) {
        return Some("a name has none of `<>%&\\?/`".into());
    }
    if value.chars().count() > LONGEST_VALUE {
        return Some(format!("a value has up to {LONGEST_VALUE} characters"));
    }
    value.contains(char::is_control).then(|| "a value is one line of text".into())
}
