//! Reads a whole `limits.toml`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use mlship_core::finding::{Finding, Report};
use mlship_core::limits::{Architecture, Limits, Native, Numbers, Packing, Scratch, Source};
use mlship_core::reader::Reader;

use crate::date::Date;
use crate::numbers::{Pages, each_table};
use crate::tree;

/// The kinds of one provider, in the order written. No number may have been checked after
/// `last_day`. Every mistake is reported, with its place in `text`.
pub fn read(text: &str, last_day: Option<Date>) -> Result<Vec<Limits>, Report> {
    let root = tree::parse(text).map_err(|finding| Report(vec![*finding]))?;
    let findings = RefCell::new(Report::default());
    let kinds = Reader::new("", &root, &findings).map(|reader| provider(reader, last_day));
    let report = findings.into_inner();
    if report.has_errors() { Err(report) } else { Ok(kinds.unwrap_or_default()) }
}

fn provider(mut reader: Reader<'_>, last_day: Option<Date>) -> Vec<Limits> {
    let name = reader.string("provider");
    let name = reader.required("provider", name).map(|name| name.value).unwrap_or_default();
    let known = reader.table("sources").map(sources).unwrap_or_default();
    let pages = Pages { known, last_day };
    let mut kinds = Vec::new();
    let table = reader.table("kinds");
    if let Some(table) = reader.required("kinds", table) {
        for (key, node) in table.entries() {
            let inner = Reader::new(&table.path_of(&key.name), node, table.findings());
            kinds.extend(inner.and_then(|inner| kind(&name, &key.name, inner, &pages)));
        }
    }
    reader.finish();
    kinds
}

fn sources(reader: Reader<'_>) -> BTreeMap<String, Source> {
    let mut known = BTreeMap::new();
    for (key, node) in reader.entries() {
        let path = reader.path_of(&key.name);
        let Some(mut inner) = Reader::new(&path, node, reader.findings()) else { continue };
        let page = inner.string("page");
        let page = inner.required("page", page);
        let url = inner.string("url").map(|url| Cow::Owned(url.value));
        inner.finish();
        if let Some(page) = page {
            known.insert(key.name.clone(), Source { page: Cow::Owned(page.value), url });
        }
    }
    known
}

fn kind(provider: &str, name: &str, mut reader: Reader<'_>, pages: &Pages) -> Option<Limits> {
    let title = reader.string("title");
    let title = reader.required("title", title);
    let formats = words(&mut reader, "formats", &Packing::WORDS);
    let architectures = words(&mut reader, "architectures", &Architecture::WORDS);
    let native = word(&mut reader, "native", &Native::WORDS);
    let scratch = word(&mut reader, "scratch", &Scratch::WORDS);
    let mut note = |key| reader.table(key).and_then(|table| pages.note(table));
    let native_note = note("native-note");
    let cpu = note("cpu");
    let gpu = note("gpu");
    let deprecated = note("deprecated");
    let notes = each_table(&mut reader, "notes", |table| pages.note(table));
    let sizes = reader.table("memory-sizes-mb").and_then(|table| pages.sizes(table));
    let tiers = reader.table("cpu-tiers").and_then(|table| pages.tiers(table));
    let machines = each_table(&mut reader, "machines", |table| pages.machine(table));
    let numbers = reader.table("limits").map(|table| numbers(table, pages)).unwrap_or_default();
    if native.is_some_and(|native| native != Native::Direct) {
        reader.required("native-note", native_note.as_ref());
    }
    reader.finish();
    Some(Limits {
        provider: Cow::Owned(provider.into()),
        kind: Cow::Owned(name.into()),
        title: Cow::Owned(title?.value),
        formats: Cow::Owned(formats?),
        architectures: Cow::Owned(architectures?),
        native: native?,
        native_note,
        scratch: scratch?,
        memory_sizes_mb: sizes,
        cpu_tiers: tiers,
        machines: Cow::Owned(machines),
        cpu,
        gpu,
        deprecated,
        notes: Cow::Owned(notes),
        numbers,
    })
}

fn numbers(mut reader: Reader<'_>, pages: &Pages) -> Numbers {
    let mut numbers = Numbers::NONE;
    for key in Numbers::KEYS {
        let limit = reader.table(key).and_then(|table| pages.limit(table));
        if let Some(slot) = numbers.slot(key) {
            *slot = limit;
        }
    }
    reader.finish();
    numbers
}

fn word<T: Copy>(
    reader: &mut Reader<'_>,
    key: &'static str,
    choices: &[(&'static str, T)],
) -> Option<T> {
    let known: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
    let chosen = reader.one_of(key, &known);
    let chosen = reader.required(key, chosen)?;
    choices.iter().find(|(word, _)| *word == chosen.value).map(|(_, value)| *value)
}

fn words<T: Copy>(
    reader: &mut Reader<'_>,
    key: &'static str,
    choices: &[(&'static str, T)],
) -> Option<Vec<T>> {
    let written = reader.strings(key);
    let written = reader.required(key, written)?;
    let found: Option<Vec<T>> = written
        .value
        .iter()
        .map(|word| choices.iter().find(|(known, _)| known == word).map(|(_, value)| *value))
        .collect();
    if found.as_ref().is_none_or(Vec::is_empty) {
        let known: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let message = format!("`{}` must name some of {}", reader.path_of(key), known.join(", "));
        reader.report(Finding::error("manifest/choice", message).at(written.span));
        return None;
    }
    found
}
