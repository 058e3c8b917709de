//! `input.table`: columns by name, in the order of the model's inputs, and the forms of a request.

use mlship_core::finding::Finding;
use mlship_core::node::{Key, Node, Value};
use mlship_core::project::{Column, ColumnKind, Format, Presence, Table, Unit};
use mlship_core::reader::{Reader, nearest};

use super::clip;

mod long;

/// The words for a column's type; each takes a `?`.
pub(crate) const KINDS: [&str; 6] = ["float", "int", "string", "bool", "date", "datetime"];

/// What other tools call the types.
const ALIASES: [(&str, &[&str]); 5] = [
    ("float", &["number", "numeric", "double", "real", "decimal", "f32", "f64"]),
    ("int", &["integer", "long", "i32", "i64", "whole"]),
    ("string", &["str", "text", "object", "category", "categorical", "varchar", "char"]),
    ("bool", &["boolean", "logical", "flag"]),
    ("datetime", &["timestamp", "time", "date-time"]),
];

pub(super) fn read(input: &mut Reader<'_>) -> Option<Table> {
    let table = input.table("table");
    let mut table = input.required("table", table)?;
    let columns = table.table("columns");
    let columns = table.required("columns", columns);
    let formats = formats(&mut table);
    table.finish();
    let columns = columns?;
    let entries = columns.entries();
    if entries.is_empty() {
        columns.report(
            Finding::error("manifest/columns", "`input.table.columns` is empty")
                .at(columns.place())
                .label("a table has at least one column")
                .hint("`mlship inspect MODEL` shows what the model takes"),
        );
        return None;
    }
    let read: Vec<_> = entries.iter().filter_map(|entry| column(&columns, entry)).collect();
    (read.len() == entries.len()).then_some(Table { columns: read, formats })
}

/// The forms of a request that have to be asked for.
fn formats(table: &mut Reader<'_>) -> Vec<Format> {
    let Some(written) = table.strings("formats") else { return Vec::new() };
    let mut formats = Vec::new();
    for word in written.value {
        let finding = |message: &str| {
            let word = clip(&word);
            Finding::error("manifest/formats", format!("`input.table.formats` {message} `{word}`"))
                .at(written.span.clone())
        };
        match &*word {
            "arrow" if formats.is_empty() => formats.push(Format::Arrow),
            "arrow" => table.report(finding("has twice").label("say it once")),
            "json" | "jsonl" | "jsonlines" | "ndjson" | "csv" | "npy" => table.report(
                finding("need not have").label("always taken").hint("leave it out of the list"),
            ),
            _ => table.report(
                finding("cannot have")
                    .label("not a form of a request")
                    .hint("one of: arrow; JSON, JSON lines, CSV and `.npy` are always taken"),
            ),
        }
    }
    formats
}

fn column(columns: &Reader<'_>, (key, node): &(Key, Node)) -> Option<Column> {
    if columns.is_full() {
        return None;
    }
    if key.name.trim().is_empty() {
        columns.report(
            Finding::error("manifest/columns", "a column has no name")
                .at(key.span.clone())
                .label("no name"),
        );
        return None;
    }
    match &node.value {
        Value::Table(_) => long::read(columns, key, node),
        Value::Str(text) => {
            let (kind, presence) = of_word(columns, key, node, text)?;
            let name = key.name.clone();
            let span = key.span.clone();
            Some(Column { name, kind, presence, default: None, categories: None, span })
        }
        _ => {
            columns.report(not_a_word(columns, key, node));
            None
        }
    }
}

/// `float?` and the like, or a finding.
fn of_word(
    columns: &Reader<'_>,
    key: &Key,
    node: &Node,
    text: &str,
) -> Option<(ColumnKind, Presence)> {
    let (word, presence) = match text.strip_suffix('?') {
        Some(word) => (word, Presence::Optional),
        None => (text, Presence::Required),
    };
    let Some(kind) = kind(word) else {
        columns.report(unknown(columns, key, node, text));
        return None;
    };
    Some((kind, presence))
}

fn kind(word: &str) -> Option<ColumnKind> {
    Some(match word {
        "float" => ColumnKind::Float,
        "int" => ColumnKind::Int,
        "string" => ColumnKind::String,
        "bool" => ColumnKind::Bool,
        "date" => ColumnKind::Date(Unit::Days),
        "datetime" => ColumnKind::Datetime(Unit::Seconds),
        _ => return None,
    })
}

fn not_a_word(columns: &Reader<'_>, key: &Key, node: &Node) -> Finding {
    let path = columns.path_of(&clip(&key.name));
    if node.value == Value::Null {
        return Finding::error("manifest/missing", format!("`{path}` has no type"))
            .at(key.span.clone())
            .label("nothing is written here")
            .hint(choices());
    }
    columns.wrong(&path, node, "a column type").hint(choices())
}

fn unknown(columns: &Reader<'_>, key: &Key, node: &Node, text: &str) -> Finding {
    let column = columns.path_of(&clip(&key.name));
    let finding =
        Finding::error("manifest/column-type", format!("`{column}` cannot be `{}`", clip(text)))
            .at(node.span.clone())
            .label("not a column type");
    let (word, optional) = match text.strip_suffix('?') {
        Some(word) => (word.trim(), "?"),
        None => (text.trim(), ""),
    };
    match alias(word).or_else(|| nearest(word, KINDS)) {
        Some(near) => finding.hint(format!("did you mean `{near}{optional}`?")),
        None => finding,
    }
    .hint(choices())
}

/// `float64` and `Int8` are what `float` and `int` are here.
fn alias(word: &str) -> Option<&'static str> {
    let lower = clip(word).to_lowercase();
    let stem = lower.trim_end_matches(|c: char| c.is_ascii_digit());
    let known = |kind: &str, names: &[&str]| {
        kind == stem || names.contains(&stem) || names.contains(&lower.as_str())
    };
    ALIASES.iter().find(|(kind, names)| known(kind, names)).map(|(kind, _)| *kind)
}

fn choices() -> String {
    format!("one of: {}; with a `?` when it may be absent, as in `float?`", KINDS.join(", "))
}
