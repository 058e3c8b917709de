//! TOML to nodes. The parser recovers, so several syntax errors come at once.

use ::toml::de::{DeInteger, DeTable, DeValue, Error};
use mlship_core::finding::{Finding, Report, Span};
use mlship_core::node::{Key, Node, Value};

/// The most syntax errors that are reported: one slip can break every line after it.
const MAX_ERRORS: usize = 5;

/// The parser's own name for a key written twice.
const DUPLICATE: &str = "duplicate key";

/// The tree; `None` when the syntax is broken.
pub(super) fn parse(text: &str, report: &mut Report) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let broken = errors.iter().any(|error| error.message() != DUPLICATE);
    for error in errors.iter().take(MAX_ERRORS) {
        report.push(syntax(error, text));
    }
    if broken {
        return None;
    }
    let span = table.span();
    Some(Node { span, value: entries(table.into_inner(), report) })
}

/// The parser keeps keys sorted; a manifest keeps them as written.
fn entries(table: DeTable<'_>, report: &mut Report) -> Value {
    let mut entries: Vec<(Key, Node)> = table
        .into_iter()
        .map(|(key, value)| {
            let key = Key { span: key.span(), name: key.into_inner().into_owned() };
            let span = value.span();
            let node = node(value.into_inner(), span, report);
            (key, node)
        })
        .collect();
    entries.sort_by_key(|(key, _)| key.span.start);
    Value::Table(entries)
}

fn node(value: DeValue<'_>, span: Span, report: &mut Report) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Str(text.into_owned()),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Integer(number) => integer(&number, &span, report),
        // The parser keeps digits and no `_`, which is what `f64` reads.
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Datetime(date) => {
            report.push(
                Finding::error("manifest/type", "no key of a manifest takes a date")
                    .at(span.clone())
                    .label("a date")
                    .hint(format!("put it in quotes if it is text: `\"{date}\"`")),
            );
            Value::Str(date.to_string())
        }
        DeValue::Array(items) => Value::List(
            items
                .into_iter()
                .map(|item| {
                    let span = item.span();
                    node(item.into_inner(), span, report)
                })
                .collect(),
        ),
        DeValue::Table(table) => entries(table, report),
    };
    Node { span, value }
}

fn integer(number: &DeInteger<'_>, span: &Span, report: &mut Report) -> Value {
    i64::from_str_radix(number.as_str(), number.radix()).map_or_else(
        |_| {
            report.push(
                Finding::error("manifest/number", "this number does not fit into 64 bits")
                    .at(span.clone())
                    .label("too large")
                    .hint("put it in quotes if it is text"),
            );
            Value::Str(number.to_string())
        },
        Value::Int,
    )
}

fn syntax(error: &Error, text: &str) -> Finding {
    let span = error.span().unwrap_or(text.len()..text.len());
    if error.message() == DUPLICATE {
        let name = text.get(span.clone()).unwrap_or_default();
        return Finding::error("manifest/duplicate-key", format!("`{name}` is written twice"))
            .at(span)
            .label("written again here")
            .hint("keep one of them");
    }
    let (first, more) = error.message().split_once('\n').unwrap_or((error.message(), ""));
    let finding =
        Finding::error("manifest/syntax", format!("not valid TOML: {}", first.trim())).at(span);
    match more.trim() {
        "" => finding.label("here"),
        more => finding.label(more.replace('\n', "; ")),
    }
}
