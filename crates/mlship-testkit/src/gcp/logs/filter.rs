//! The filters' language, as far as it is known.

use std::cmp::Ordering;

use serde_json::Value;

use crate::cloud::time;

/// A filter that was understood.
#[derive(Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Is { field: String, how: How, value: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Equal,
    Other,
    Has,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// From the least to the most severe.
const SEVERITIES: [&str; 9] =
    ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];

const SIGNS: [(&str, How); 7] = [
    ("!=", How::Other),
    (">=", How::AtLeast),
    ("<=", How::AtMost),
    ("=", How::Equal),
    (":", How::Has),
    (">", How::More),
    ("<", How::Less),
];

impl Filter {
    /// # Errors
    /// What is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        let mut rest = words.as_slice();
        if rest.is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let filter = all(&mut rest)?;
        match rest.first() {
            None => Ok(filter),
            Some(word) => Err(format!("`{word}` is not expected")),
        }
    }

    /// Whether an entry is one that is asked for.
    pub(super) fn holds(&self, entry: &Value) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(entry)),
            Self::Any(any) => any.iter().any(|one| one.holds(entry)),
            Self::Not(one) => !one.holds(entry),
            Self::Is { field, how, value } => compare(entry, field, *how, value),
        }
    }
}

fn compare(entry: &Value, field: &str, how: How, value: &str) -> bool {
    let is = field.split('.').fold(entry, |at, word| &at[word.trim_matches('"')]);
    let Some(is) = is.as_str() else { return how == How::Other };
    let order = match field {
        "timestamp" | "receiveTimestamp" => time::parse(is).cmp(&time::parse(value)),
        "severity" => {
            let rank = |name: &str| SEVERITIES.iter().position(|one| *one == name);
            rank(is).cmp(&rank(value))
        }
        _ => is.cmp(value),
    };
    match how {
        How::Equal => order == Ordering::Equal,
        How::Other => order != Ordering::Equal,
        How::Has => is.to_lowercase().contains(&value.to_lowercase()),
        How::Less => order == Ordering::Less,
        How::AtMost => order != Ordering::Greater,
        How::More => order == Ordering::Greater,
        How::AtLeast => order != Ordering::Less,
    }
}

/// `AND` binds weaker than `OR` in this language; side by side is `AND`.
fn all(rest: &mut &[String]) -> Result<Filter, String> {
    let mut filters = vec![any(rest)?];
    while let Some(word) = rest.first().filter(|word| *word != ")") {
        if word == "AND" {
            *rest = &rest[1..];
        }
        filters.push(any(rest)?);
    }
    Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
}

fn any(rest: &mut &[String]) -> Result<Filter, String> {
    let mut filters = vec![one(rest)?];
    while rest.first().is_some_and(|word| word == "OR") {
        *rest = &rest[1..];
        filters.push(one(rest)?);
    }
    Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
}

fn one(rest: &mut &[String]) -> Result<Filter, String> {
    let word = take(rest)?;
    if word == "NOT" {
        return Ok(Filter::Not(Box::new(one(rest)?)));
    }
    if word == "(" {
        let inside = all(rest)?;
        return match take(rest)?.as_str() {
            ")" => Ok(inside),
            other => Err(format!("`{other}` where a bracket ends")),
        };
    }
    let sign = take(rest)?;
    let how = SIGNS.iter().find(|(text, _)| *text == sign);
    let (_, how) = how.ok_or_else(|| format!("`{sign}` is no comparison"))?;
    let value = take(rest)?;
    let value = value.trim_matches('"').replace("\\\"", "\"");
    let known = [
        "resource",
        "timestamp",
        "receiveTimestamp",
        "severity",
        "logName",
        "textPayload",
        "jsonPayload",
        "insertId",
        "labels",
    ];
    match known.contains(&word.split('.').next().unwrap_or_default()) {
        true => Ok(Filter::Is { field: word, how: *how, value }),
        false => Err(format!("`{word}` is no field")),
    }
}

fn take(rest: &mut &[String]) -> Result<String, String> {
    let (word, later) = rest.split_first().ok_or("the filter ends too early")?;
    *rest = later;
    Ok(word.clone())
}

fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = SIGNS.iter().map(|(sign, _)| *sign).find(|sign| rest.starts_with(sign));
        let length = match (first, sign) {
            ('(' | ')', _) => 1,
            ('"', _) => quoted(rest)?,
            (_, Some(sign)) => sign.len(),
            _ => plain(rest),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn plain(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || "()\"=<>!:".contains(c);
    text.find(ends).unwrap_or(text.len()).max(text.chars().next().map_or(0, char::len_utf8))
}

fn quoted(text: &str) -> Result<usize, String> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Ok(at + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Err("a quote does not end".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_filter_finds_its_entries_alone() {
        let entry = json!({"timestamp": "2026-01-02T03:04:05.678Z", "severity": "ERROR",
            "resource": {"type": "cloud_run_revision", "labels": {"service_name": "heart"}},
            "textPayload": "It broke"});
        for (text, holds) in [
            ("", true),
            (
                "resource.type=\"cloud_run_revision\" AND resource.labels.service_name = \"heart\"",
                true,
            ),
            ("resource.labels.service_name=\"lung\"", false),
            (
                "timestamp>\"2026-01-02T03:04:05.677Z\"\ntimestamp<=\"2026-01-02T03:04:05.678Z\"",
                true,
            ),
            ("timestamp > \"2026-01-02T03:04:05.678Z\"", false),
            ("severity>=WARNING", true),
            ("NOT (severity=ERROR OR textPayload:\"broke\")", false),
            ("resource.labels.revision_name=\"a\" OR textPayload:\"BROKE\"", true),
        ] {
            assert_eq!(Filter::parse(text).unwrap().holds(&entry), holds, "{text}");
        }
        for text in ["resource.type", "shade=\"red\"", "(severity=ERROR", "severity ~ \"a\""] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
