//! Reads the parts that carry a page and a date: numbers, sizes, tiers, machines, notes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mlship_core::finding::{Finding, Span};
use mlship_core::limits::{CpuTier, CpuTiers, Force, Limit, Machine, Note, Sizes, Source};
use mlship_core::node::{Node, Value};
use mlship_core::reader::{Reader, nearest};

use crate::date::Date;

const FORCES: [&str; 2] = ["hard", "soft"];

/// The pages that numbers may refer to, and the last day on which they may have been read.
pub(crate) struct Pages {
    pub(crate) known: BTreeMap<String, Source>,
    pub(crate) last_day: Option<Date>,
}

/// A page and the day it was read.
struct Basis {
    source: Source,
    checked: Cow<'static, str>,
}

impl Pages {
    /// `{ value, force, source, checked }`.
    pub(crate) fn limit(&self, mut reader: Reader<'_>) -> Option<Limit> {
        let value = reader.integer("value", 1..=i64::MAX);
        let value = reader.required("value", value);
        let force = force(&mut reader);
        let basis = self.basis(&mut reader);
        reader.finish();
        let (force, Basis { source, checked }) = (force?, basis?);
        Some(Limit { value: u64::try_from(value?.value).ok()?, force, source, checked })
    }

    /// `{ values, force, source, checked }`.
    pub(crate) fn sizes(&self, mut reader: Reader<'_>) -> Option<Sizes> {
        let node = reader.node("values");
        let node = reader.required("values", node);
        let values = node.and_then(|node| rising(&reader, node));
        let force = force(&mut reader);
        let basis = self.basis(&mut reader);
        reader.finish();
        let (force, Basis { source, checked }) = (force?, basis?);
        Some(Sizes { values: Cow::Owned(values?), force, source, checked })
    }

    /// `{ tiers = [{ milli-cpu, from-mb, to-mb }], source, checked }`.
    pub(crate) fn tiers(&self, mut reader: Reader<'_>) -> Option<CpuTiers> {
        let tiers = each_table(&mut reader, "tiers", |mut tier| {
            let mut number = |key| {
                let number = tier.integer(key, 1..=i64::MAX);
                tier.required(key, number).and_then(|one| u64::try_from(one.value).ok())
            };
            let (milli_cpu, from_mb, to_mb) =
                (number("milli-cpu"), number("from-mb"), number("to-mb"));
            tier.finish();
            Some(CpuTier { milli_cpu: milli_cpu?, from_mb: from_mb?, to_mb: to_mb? })
        });
        let basis = self.basis(&mut reader);
        reader.finish();
        let Basis { source, checked } = basis?;
        Some(CpuTiers { tiers: Cow::Owned(tiers), source, checked })
    }

    /// `{ name, memory-mb, milli-cpu, gpu, source, checked }`; only some have a `gpu`.
    pub(crate) fn machine(&self, mut reader: Reader<'_>) -> Option<Machine> {
        let name = reader.string("name");
        let name = reader.required("name", name);
        let mut number = |key| {
            let number = reader.integer(key, 1..=i64::MAX);
            reader.required(key, number).and_then(|one| u64::try_from(one.value).ok())
        };
        let (memory_mb, milli_cpu) = (number("memory-mb"), number("milli-cpu"));
        let gpu = reader.string("gpu").map(|gpu| Cow::Owned(gpu.value));
        let basis = self.basis(&mut reader);
        reader.finish();
        let Basis { source, checked } = basis?;
        let (name, memory_mb, milli_cpu) = (Cow::Owned(name?.value), memory_mb?, milli_cpu?);
        Some(Machine { name, memory_mb, milli_cpu, gpu, source, checked })
    }

    /// `{ text, source, checked }`.
    pub(crate) fn note(&self, mut reader: Reader<'_>) -> Option<Note> {
        let text = reader.string("text");
        let text = reader.required("text", text);
        let basis = self.basis(&mut reader);
        reader.finish();
        let Basis { source, checked } = basis?;
        Some(Note { text: Cow::Owned(text?.value), source, checked })
    }

    fn basis(&self, reader: &mut Reader<'_>) -> Option<Basis> {
        let source = reader.string("source");
        let source = reader.required("source", source);
        let checked = reader.string("checked");
        let checked = reader.required("checked", checked);
        let source = source.and_then(|name| {
            let found = self.known.get(&name.value).cloned();
            if found.is_none() {
                reader.report(self.unknown_page(&name.value, name.span));
            }
            found
        });
        let checked = checked.filter(|text| self.day(reader, &text.value, text.span.clone()));
        Some(Basis { source: source?, checked: Cow::Owned(checked?.value) })
    }

    /// Whether `text` is a day on which a page may have been read; reports it when not.
    pub(crate) fn day(&self, reader: &Reader<'_>, text: &str, span: Span) -> bool {
        let path = reader.path_of("checked");
        let message = match (Date::parse(text), self.last_day) {
            (None, _) => format!("`{path}` must be a day such as `2026-11-20`, not `{text}`"),
            (Some(day), Some(last)) if day > last => {
                format!("`{path}` is `{text}`, a day that is yet to come")
            }
            _ => return true,
        };
        reader.report(Finding::error("limits/date", message).at(span));
        false
    }

    fn unknown_page(&self, name: &str, span: Span) -> Finding {
        let known = self.known.keys().map(String::as_str);
        let finding =
            Finding::error("limits/source", format!("no source is called `{name}`")).at(span);
        match nearest(name, known.clone()) {
            Some(near) => finding.hint(format!("did you mean `{near}`?")),
            None => finding.hint(format!("sources: {}", known.collect::<Vec<_>>().join(", "))),
        }
    }
}

/// `force`, which has no default.
fn force(reader: &mut Reader<'_>) -> Option<Force> {
    let word = reader.one_of("force", &FORCES);
    reader.required("force", word).map(|word| match word.value {
        "hard" => Force::Hard,
        _ => Force::Soft,
    })
}

/// Each table of the list under `key`; what is not a table is reported and left out.
pub(crate) fn each_table<T>(
    reader: &mut Reader<'_>,
    key: &'static str,
    mut read: impl FnMut(Reader<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(node) = reader.node(key) else { return Vec::new() };
    let Value::List(items) = &node.value else {
        let message = format!("`{}` must be a list of tables", reader.path_of(key));
        reader.report(Finding::error("manifest/type", message).at(node.span.clone()));
        return Vec::new();
    };
    let path = reader.path_of(key);
    let tables = items.iter().filter_map(|item| Reader::new(&path, item, reader.findings()));
    tables.filter_map(&mut read).collect()
}

fn rising(reader: &Reader<'_>, node: &Node) -> Option<Vec<u64>> {
    let Value::List(items) = &node.value else { return not_rising(reader, node) };
    let mut values = Vec::new();
    for item in items {
        let Value::Int(number) = item.value else { return not_rising(reader, node) };
        let Ok(number) = u64::try_from(number) else { return not_rising(reader, node) };
        values.push(number);
    }
    let is_rising = values.windows(2).all(|pair| pair[0] < pair[1]);
    if values.is_empty() || values[0] == 0 || !is_rising {
        return not_rising(reader, node);
    }
    Some(values)
}

fn not_rising<T>(reader: &Reader<'_>, node: &Node) -> Option<T> {
    let path = reader.path_of("values");
    let message = format!("`{path}` must be a list of rising whole numbers");
    reader.report(Finding::error("manifest/type", message).at(node.span.clone()));
    None
}
