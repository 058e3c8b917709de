//! The long form of a column: `age: {type: float, default: 50}`.

use mlship_core::finding::Finding;
use mlship_core::node::{Key, Node, Value};
use mlship_core::project::{Categories, Column, ColumnKind, Filler, Stranger, Unit};
use mlship_core::reader::{Reader, nearest};

use super::super::clip;
use super::{choices, of_word};

/// The words for what time is counted in.
pub(crate) const UNITS: [&str; 5] = ["days", "s", "ms", "us", "ns"];

/// The words for what becomes of an unknown category.
pub(crate) const STRANGERS: [&str; 3] = ["refuse", "missing", "pass"];

pub(super) fn read(columns: &Reader<'_>, key: &Key, node: &Node) -> Option<Column> {
    let path = columns.path_of(&clip(&key.name));
    let mut table = Reader::new(&path, node, columns.findings())?;
    let written = table.node("type");
    let kind = kind(&mut table, columns, key, written);
    let unit = unit(&mut table, kind.map(|(kind, _)| kind));
    let categories = categories(&mut table, kind.map(|(kind, _)| kind));
    let default = table.node("default").map(|node| (node, filler(node)));
    table.finish_with(other_words);
    let (kind, presence) = kind?;
    let kind = match (kind, unit) {
        (ColumnKind::Date(_), Some(unit)) => ColumnKind::Date(unit),
        (ColumnKind::Datetime(_), Some(unit)) => ColumnKind::Datetime(unit),
        (kind, _) => kind,
    };
    let column = Column {
        name: key.name.clone(),
        kind,
        presence,
        default: default.as_ref().and_then(|(_, filler)| filler.clone()),
        categories,
        span: key.span.clone(),
    };
    if let Some((node, _)) = default {
        check_default(columns, &path, &column, node)?;
    }
    Some(column)
}

fn kind(
    table: &mut Reader<'_>,
    columns: &Reader<'_>,
    key: &Key,
    written: Option<&Node>,
) -> Option<(ColumnKind, mlship_core::project::Presence)> {
    match written {
        None => {
            table.required::<()>("type", None);
            None
        }
        Some(node) => match &node.value {
            Value::Str(text) => of_word(columns, key, node, text),
            _ => {
                let path = table.path_of("type");
                table.report(table.wrong(&path, node, "a column type").hint(choices()));
                None
            }
        },
    }
}

fn unit(table: &mut Reader<'_>, kind: Option<ColumnKind>) -> Option<Unit> {
    let unit = table.one_of("unit", &UNITS)?;
    if !matches!(kind, None | Some(ColumnKind::Date(_) | ColumnKind::Datetime(_))) {
        let path = table.path_of("unit");
        table.report(
            Finding::error("manifest/column", format!("`{path}` is for dates"))
                .at(unit.span)
                .label("the column is none")
                .hint("leave it out, or write `type: date` or `type: datetime`"),
        );
        return None;
    }
    Some(match unit.value {
        "days" => Unit::Days,
        "ms" => Unit::Milliseconds,
        "us" => Unit::Microseconds,
        "ns" => Unit::Nanoseconds,
        _ => Unit::Seconds,
    })
}

fn categories(table: &mut Reader<'_>, kind: Option<ColumnKind>) -> Option<Categories> {
    let names = table.strings("categories");
    let unknown = table.one_of("unknown", &STRANGERS);
    let path = table.path_of("categories");
    let finding = |message: &str| Finding::error("manifest/column", format!("`{path}` {message}"));
    let Some(names) = names else {
        if let Some(unknown) = unknown {
            let path = table.path_of("unknown");
            table.report(
                Finding::error("manifest/column", format!("`{path}` goes with `categories`"))
                    .at(unknown.span)
                    .label("there are none"),
            );
        }
        return None;
    };
    if !matches!(kind, None | Some(ColumnKind::String)) {
        table.report(
            finding("is for text").at(names.span.clone()).label("the column is none").hint(
                "write `type: string`; a number of the training's own encoding is just an `int`",
            ),
        );
    }
    let mut seen = std::collections::HashSet::new();
    match names.value.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => table.report(
            finding(&format!("has `{}` twice", clip(twice))).at(names.span).label("say it once"),
        ),
        None if names.value.is_empty() => {
            table.report(finding("is empty").at(names.span).label("no text could be taken"));
        }
        None => {}
    }
    let unknown = match unknown.map(|unknown| unknown.value) {
        Some("missing") => Stranger::Missing,
        Some("pass") => Stranger::Pass,
        _ => Stranger::Refuse,
    };
    Some(Categories { names: names.value, unknown })
}

fn filler(node: &Node) -> Option<Filler> {
    match &node.value {
        Value::Bool(value) => Some(Filler::Bool(*value)),
        Value::Int(value) => Some(Filler::Int(*value)),
        Value::Float(value) => Some(Filler::Float(*value)),
        Value::Str(text) => Some(Filler::Text(text.clone())),
        Value::Null | Value::List(_) | Value::Table(_) => None,
    }
}

/// Whether a request could hold the default.
fn check_default(columns: &Reader<'_>, path: &str, column: &Column, node: &Node) -> Option<()> {
    let path = format!("{path}.default");
    let wanted = match (column.kind, &column.default) {
        (ColumnKind::Float, Some(Filler::Int(_) | Filler::Float(_)))
        | (ColumnKind::Int, Some(Filler::Int(_)))
        | (ColumnKind::Bool, Some(Filler::Bool(_))) => return Some(()),
        (ColumnKind::String, Some(Filler::Text(text))) => {
            return check_category(columns, &path, column, (node, text));
        }
        (ColumnKind::Date(_), Some(Filler::Text(text))) if is_date(text) => return Some(()),
        (ColumnKind::Datetime(_), Some(Filler::Text(text))) if is_datetime(text) => {
            return Some(());
        }
        (ColumnKind::Float, _) => "a number",
        (ColumnKind::Int, _) => "a whole number",
        (ColumnKind::Bool, _) => "`true` or `false`",
        (ColumnKind::String, _) => "text",
        (ColumnKind::Date(_), _) => "a date such as `2024-05-31`",
        (ColumnKind::Datetime(_), _) => "a date and time such as `2024-05-31T12:00:00Z`",
    };
    columns.report(
        Finding::error("manifest/type", format!("`{path}` must be {wanted}"))
            .at(node.span.clone())
            .label(format!("expected {wanted}, as the column's type says")),
    );
    None
}

fn check_category(
    columns: &Reader<'_>,
    path: &str,
    column: &Column,
    (node, text): (&Node, &str),
) -> Option<()> {
    let Some(categories) = &column.categories else { return Some(()) };
    if categories.names.iter().any(|name| name == text) {
        return Some(());
    }
    let finding = Finding::error("manifest/column", format!("`{path}` is none of the categories"))
        .at(node.span.clone())
        .label("no such category");
    columns.report(match nearest(text, categories.names.iter().map(String::as_str)) {
        Some(near) => finding.hint(format!("did you mean `{}`?", clip(near))),
        None => finding,
    });
    None
}

/// `2024-05-31`: the form alone; the runtime knows the lengths of months.
fn is_date(text: &str) -> bool {
    let form = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 10 && text.bytes().enumerate().all(form)
}

fn is_datetime(text: &str) -> bool {
    text.get(..10).is_some_and(is_date)
}

/// What other tools call the keys.
fn other_words(key: &str) -> Option<String> {
    let (ours, example) = match clip(key).to_lowercase().as_str() {
        "dtype" | "kind" => ("type", "type: float"),
        "fill" | "fillna" | "fill-value" | "value" => ("default", "default: 50"),
        "enum" | "values" | "choices" | "levels" => ("categories", "categories: [a, b]"),
        "handle_unknown" | "handle-unknown" => ("unknown", "unknown: missing"),
        "optional" | "nullable" | "required" => {
            return Some("write a `?` after the type, as in `type: float?`".into());
        }
        _ => return None,
    };
    Some(format!("the key is `{ours}`, as in `{example}`"))
}
