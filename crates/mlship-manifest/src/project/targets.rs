//! `targets`: one table a provider. Each provider reads its own.

use std::collections::BTreeMap;

use mlship_core::finding::Finding;
use mlship_core::node::{Node, Value};
use mlship_core::reader::{Reader, nearest};

use super::clip;

/// The providers that a manifest can name.
pub const PROVIDERS: [&str; 6] = ["aws", "azure", "gcp", "openwhisk", "knative", "local"];

/// What else the providers are called.
const ALIASES: [(&str, &[&str]); 6] = [
    ("aws", &["lambda", "amazon", "aws-lambda"]),
    ("azure", &["microsoft", "functions", "azure-functions"]),
    ("gcp", &["google", "cloud-run", "google-cloud", "gcloud"]),
    ("openwhisk", &["ow", "whisk"]),
    ("knative", &["kubernetes", "k8s"]),
    ("local", &["localhost", "docker"]),
];

pub(super) fn read(reader: &mut Reader<'_>) -> Option<BTreeMap<String, Node>> {
    let table = reader.table("targets")?;
    let mut targets = BTreeMap::new();
    for (key, node) in table.entries() {
        let Some(provider) = PROVIDERS.iter().find(|provider| **provider == key.name) else {
            table.report(unknown(&key.name).at(key.span.clone()).label("not a provider"));
            continue;
        };
        if matches!(node.value, Value::Table(_) | Value::Null) {
            targets.insert((*provider).to_owned(), node.clone());
        } else {
            table.report(table.wrong(&table.path_of(provider), node, "a table"));
        }
    }
    Some(targets)
}

fn unknown(name: &str) -> Finding {
    let finding = Finding::error(
        "manifest/unknown-provider",
        format!("unknown provider `targets.{}`", clip(name)),
    );
    let lower = clip(name).to_lowercase().replace('_', "-");
    let alias = ALIASES.iter().find(|(_, names)| names.contains(&lower.as_str()));
    let near = alias.map(|(provider, _)| *provider).or_else(|| nearest(&lower, PROVIDERS));
    match near {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding,
    }
    .hint(format!("one of: {}", PROVIDERS.join(", ")))
}
