//! TOML text as a [`Node`] tree, in the order written.

use mlship_core::finding::{Finding, Span};
use mlship_core::node::{Key, Node, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Parses `text`; the finding says what is not TOML, and where.
pub(crate) fn parse(text: &str) -> Result<Node, Box<Finding>> {
    let root = DeTable::parse(text).map_err(|error| {
        let finding = Finding::error("limits/syntax", error.message().trim().to_owned());
        Box::new(match error.span() {
            Some(span) => finding.at(span),
            None => finding,
        })
    })?;
    Ok(Node { span: root.span(), value: table(root.get_ref()) })
}

/// The line and column of a byte of `text`, both from 1.
pub(crate) fn position(text: &str, span: Option<&Span>) -> (usize, usize) {
    let at = span.map_or(0, |span| span.start).min(text.len());
    let before = &text.as_bytes()[..at];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (line, String::from_utf8_lossy(&before[start..]).chars().count() + 1)
}

fn table(table: &DeTable<'_>) -> Value {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            (Key { name: key.get_ref().to_string(), span: key.span() }, node(value))
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    Value::Table(entries)
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Str(text.to_string()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Float(f64::INFINITY),
        },
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::Str(date.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(node).collect()),
        DeValue::Table(inner) => table(inner),
    };
    Node { span, value }
}
