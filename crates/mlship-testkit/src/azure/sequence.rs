//! Compares what mlship writes with what az writes: the same calls in the same order, the same
//! fields in the bodies. Every difference is one line of text; whoever compares says why each is
//! meant. Runs nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::call::{Body, Call};

/// One call that changes something, without the names that differ from one deployment to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Method and resource type, such as `PUT Microsoft.Web/sites`; other hosts by their path.
    pub call: String,
    /// The api-version; empty where there is none.
    pub version: String,
    /// Every field of the body by its dotted path.
    pub fields: BTreeMap<String, String>,
}

impl Step {
    /// A step, or `None` when the call changes nothing.
    pub fn of(method: &str, path: &str, version: &str, body: Option<&Value>) -> Option<Self> {
        let what = what(path);
        if method == "GET" || method == "HEAD" || (method == "POST" && only_looks(&what)) {
            return None;
        }
        let mut fields = BTreeMap::new();
        if let Some(body) = body.filter(|body| **body != json!({})) {
            flatten(body, String::new(), &mut fields);
        }
        Some(Self { call: format!("{method} {what}"), version: version.to_owned(), fields })
    }
}

/// The steps of az's recordings, one command after the other; see [`super::judges::az_commands`].
pub fn of_az(commands: &[&str]) -> Vec<Step> {
    let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
    let calls = commands.iter().flat_map(|command| super::judges::az(command));
    let steps = calls.filter_map(|call| {
        let (method, path) = (text(&call, "method"), text(&call, "path"));
        if !is_compared(&path) {
            return None;
        }
        Step::of(&method, &path, &text(&call, "api-version"), call.get("body"))
    });
    steps.collect()
}

/// The steps of a stand-in's calls: those to Resource Manager, and those that publish a package.
/// Blobs and images are not compared: az writes them with tools of their own.
pub fn of_calls(calls: &[Call]) -> Vec<Step> {
    let steps = calls.iter().filter(|call| is_compared(&call.path)).filter_map(|call| {
        let body = match &call.body {
            Body::Json(value) => Some(value),
            Body::Empty | Body::Bytes { .. } => None,
        };
        let version = call.query_value("api-version").unwrap_or_default();
        Step::of(&call.method, &call.path, &version, body)
    });
    steps.collect()
}

fn is_compared(path: &str) -> bool {
    let path = path.to_lowercase();
    ["/subscriptions/", "/providers/", "/api/"].iter().any(|start| path.starts_with(start))
}

/// The lines that tell one sequence from the other: `az:` and `mlship:` for steps that only one
/// has, `elsewhere:` for steps that both have in another order, otherwise the step and the field,
/// such as `PUT Microsoft.Web/sites: properties.httpsOnly: az false, mlship true`.
pub fn differences(az: &[Step], ours: &[Step]) -> Vec<String> {
    let pairs = common(az, ours);
    let mut only_ours: Vec<&Step> = without(ours, pairs.iter().map(|pair| pair.1));
    let mut lines = Vec::new();
    for step in without(az, pairs.iter().map(|pair| pair.0)) {
        match only_ours.iter().position(|other| other.call == step.call) {
            Some(at) => {
                lines.push(format!("elsewhere: {}", step.call));
                lines.extend(within(step, only_ours.remove(at)));
            }
            None => lines.push(format!("az: {}", step.call)),
        }
    }
    lines.extend(only_ours.iter().map(|step| format!("mlship: {}", step.call)));
    for (in_az, in_ours) in pairs {
        lines.extend(within(&az[in_az], &ours[in_ours]));
    }
    lines
}

/// The steps that are not at these places.
fn without(steps: &[Step], places: impl Iterator<Item = usize>) -> Vec<&Step> {
    let places: BTreeSet<usize> = places.collect();
    let others = steps.iter().enumerate().filter(|(at, _)| !places.contains(at));
    others.map(|(_, step)| step).collect()
}

/// What is left to explain: differences that no entry of `meant` is about, and entries that are
/// about no difference. An entry is (the difference, why); a difference that starts with the text
/// before a `*` is meant too.
pub fn unexplained(differences: &[String], meant: &[(&str, &str)]) -> Vec<String> {
    let is_about = |entry: &str, line: &str| match entry.strip_suffix('*') {
        Some(start) => line.starts_with(start),
        None => line == entry,
    };
    let open = differences
        .iter()
        .filter(|line| !meant.iter().any(|(entry, _)| is_about(entry, line)))
        .cloned();
    let stale = meant
        .iter()
        .filter(|(entry, _)| !differences.iter().any(|line| is_about(entry, line)))
        .map(|(entry, why)| format!("no such difference any more: {entry} ({why})"));
    open.chain(stale).collect()
}

fn within(az: &Step, ours: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    if az.version != ours.version {
        lines.push(format!("{}: api-version: az {}, mlship {}", az.call, az.version, ours.version));
    }
    let keys: BTreeSet<_> = az.fields.keys().chain(ours.fields.keys()).collect();
    for key in keys {
        let line = match (az.fields.get(key), ours.fields.get(key)) {
            (Some(one), Some(other)) if one == other => continue,
            (Some(one), Some(other)) => format!("az {one}, mlship {other}"),
            (Some(one), None) => format!("only az: {one}"),
            (None, other) => format!("only mlship: {}", other.map_or("", String::as_str)),
        };
        lines.push(format!("{}: {key}: {line}", az.call));
    }
    lines
}

/// The longest row of calls that both have, as pairs of places.
fn common(az: &[Step], ours: &[Step]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; ours.len() + 1]; az.len() + 1];
    for left in (0..az.len()).rev() {
        for right in (0..ours.len()).rev() {
            longest[left][right] = if az[left].call == ours[right].call {
                longest[left + 1][right + 1] + 1
            } else {
                longest[left + 1][right].max(longest[left][right + 1])
            };
        }
    }
    let (mut left, mut right, mut pairs) = (0, 0, Vec::new());
    while left < az.len() && right < ours.len() {
        if az[left].call == ours[right].call {
            pairs.push((left, right));
            (left, right) = (left + 1, right + 1);
        } else if longest[left + 1][right] >= longest[left][right + 1] {
            left += 1;
        } else {
            right += 1;
        }
    }
    pairs
}

/// The resource type that a path is about, with what follows the last name: `Microsoft.Web/sites`,
/// `Microsoft.Web/sites/config/appsettings`, `resourceGroups`; a path of another host stays.
fn what(path: &str) -> String {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    if !parts.first().is_some_and(|part| part.eq_ignore_ascii_case("subscriptions")) {
        return path.to_owned();
    }
    let is_providers = |part: &&str| part.eq_ignore_ascii_case("providers");
    let Some(at) = parts.iter().rposition(is_providers) else {
        return parts.get(2).map_or("subscriptions", |_| "resourceGroups").to_owned();
    };
    let mut kind = parts.get(at + 1).copied().unwrap_or_default().to_owned();
    for (place, part) in parts.iter().enumerate().skip(at + 2) {
        let is_name = (place - at - 2) % 2 == 1;
        let parent = parts[place - 1].to_lowercase();
        // What stands after these is the name of a thing that every app has.
        let is_fixed =
            ["config", "host", "blobservices", "tags", "basicpublishingcredentialspolicies"]
                .contains(&parent.as_str());
        if !is_name || is_fixed {
            kind.push('/');
            kind.push_str(part);
        }
    }
    kind
}

fn only_looks(what: &str) -> bool {
    let last = what.rsplit('/').next().unwrap_or_default().to_lowercase();
    last.starts_with("list") || last.starts_with("check") || last == "query"
}

fn flatten(value: &Value, at: String, fields: &mut BTreeMap<String, String>) {
    let below = |key: &str| if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") };
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            for (key, value) in inner {
                flatten(value, below(key), fields);
            }
        }
        Value::Array(inner) if !inner.is_empty() => {
            for (number, value) in inner.iter().enumerate() {
                // Settings are a list of names and values: their order says nothing.
                match (value["name"].as_str(), value.get("value")) {
                    (Some(name), Some(value)) => flatten(value, below(name), fields),
                    _ => flatten(value, below(&number.to_string()), fields),
                }
            }
        }
        _ => {
            fields.insert(at, plain(value));
        }
    }
}

/// A value without what differs from one deployment to the next.
fn plain(value: &Value) -> String {
    let Some(text) = value.as_str() else { return value.to_string() };
    if text.starts_with("/subscriptions/") {
        return format!("<id of {}>", what(text));
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return "<address>".to_owned();
    }
    if text.contains("AccountKey=") {
        return "<connection string>".to_owned();
    }
    format!("`{text}`")
}
