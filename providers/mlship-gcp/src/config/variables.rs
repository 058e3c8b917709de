//! The user's own environment variables, written out or kept in Secret Manager.

use std::collections::BTreeMap;

use mlship_core::finding::Finding;
use mlship_core::node::{Key, Node, Value};
use mlship_core::reader::Reader;

use super::Kind;
use super::forms::short;

/// Bytes of a variable's value.
/// Source: <https://docs.cloud.google.com/run/quotas>, 2026-11-20.
const LONGEST_VALUE: usize = 32_768;
/// The most variables of one table.
const MOST: usize = 500;

/// A version of a secret in Secret Manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its name, or `projects/p/secrets/name` for another project's.
    pub name: String,
    /// A number, or `latest`.
    pub version: String,
}

/// Reads `environment`.
pub(super) fn environment(table: &mut Reader<'_>, kind: Kind) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(written) = table.table("environment") else { return found };
    for (key, node) in entries(&written) {
        let problem = match &node.value {
            Value::Str(value) if value.len() > LONGEST_VALUE => {
                Some(format!("it is longer than {LONGEST_VALUE} bytes"))
            }
            Value::Str(value) if value.contains('\0') => Some("it holds a zero byte".into()),
            Value::Str(_) => None,
            other => Some(format!("it must be text, not {}", other.kind())),
        };
        let problem = name_problem(&key.name, kind).map(str::to_owned).or(problem);
        match (problem, &node.value) {
            (None, Value::Str(value)) => drop(found.insert(key.name.clone(), value.clone())),
            (problem, _) => refuse(&written, key, node, &problem.unwrap_or_default()),
        }
    }
    found
}

/// Reads `secrets`. A name is in one of the two tables.
pub(super) fn secrets(
    table: &mut Reader<'_>,
    kind: Kind,
    environment: &BTreeMap<String, String>,
) -> BTreeMap<String, Secret> {
    let mut found = BTreeMap::new();
    let Some(written) = table.table("secrets") else { return found };
    for (key, node) in entries(&written) {
        let secret = match &node.value {
            Value::Str(text) => Secret::parse(text),
            _ => None,
        };
        let taken = environment.contains_key(&key.name);
        let problem = name_problem(&key.name, kind)
            .or(taken.then_some("`environment` has it too"))
            .or(secret.is_none().then_some("write `name:version`, such as `api-key:3`"));
        match (problem, secret) {
            (None, Some(secret)) => drop(found.insert(key.name.clone(), secret)),
            (problem, _) => refuse(&written, key, node, problem.unwrap_or_default()),
        }
    }
    found
}

fn entries<'a>(table: &Reader<'a>) -> impl Iterator<Item = (&'a Key, &'a Node)> {
    let entries = table.entries();
    if entries.len() > MOST {
        let message = format!("{} variables are too many; {MOST} can be", entries.len());
        table.report(Finding::error("gcp/variable", message).at(table.place()));
    }
    entries.iter().take(MOST).map(|(key, node)| (key, node))
}

fn refuse(table: &Reader<'_>, key: &Key, node: &Node, problem: &str) {
    let message = format!("`{}` cannot be used: {problem}", table.path_of(&short(&key.name)));
    let finding = Finding::error("gcp/variable", message).at(node.span.clone());
    let bare = match &node.value {
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(word) => Some(word.to_string()),
        _ => None,
    };
    table.report(match bare {
        Some(bare) => finding.hint(format!("put it in quotes: `{}: \"{bare}\"`", short(&key.name))),
        None => finding,
    });
}

/// Source: <https://docs.cloud.google.com/run/docs/configuring/services/environment-variables>,
/// <https://docs.cloud.google.com/functions/docs/configuring/env-var>, 2026-11-20.
fn name_problem(name: &str, kind: Kind) -> Option<&'static str> {
    let reserved = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];
    let of_functions = ["FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "GOOGLE_CLOUD_PROJECT"];
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = name.bytes().next().is_some_and(|byte| known(byte) && !byte.is_ascii_digit());
    if !starts || name.len() > 256 || !name.bytes().all(known) {
        Some("a name has letters, digits and `_`, and does not begin with a digit")
    } else if name.starts_with("MLSHIP_") {
        Some("variables `MLSHIP_…` are mlship's own")
    } else if reserved.contains(&name)
        || name.starts_with("CLOUD_RUN_")
        || name.starts_with("X_GOOGLE_")
        || (kind == Kind::FunctionsV2 && of_functions.contains(&name))
    {
        Some("Google Cloud sets it itself")
    } else {
        None
    }
}

impl Secret {
    /// `name:version` or `projects/p/secrets/name:version`.
    fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.rsplit_once(':')?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let word = |text: &str| (1..=255).contains(&text.len()) && text.bytes().all(known);
        let named = match name.split('/').collect::<Vec<_>>()[..] {
            [name] => word(name),
            ["projects", project, "secrets", name] => word(project) && word(name),
            _ => false,
        };
        let number = version.len() <= 10 && version.bytes().all(|byte| byte.is_ascii_digit());
        let versioned = version == "latest" || (number && !version.is_empty());
        (named && versioned).then(|| Self { name: name.to_owned(), version: version.to_owned() })
    }
}
