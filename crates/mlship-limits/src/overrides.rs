//! The file with which a user says what an account or a cluster of their own allows.
//!
//! ```toml
//! source = "quotas of our account"
//! checked = "2026-11-20"
//!
//! [aws.lambda-zip]
//! memory-max-mb = 3008
//! timeout-max-s = { value = 300, force = "soft", source = "ticket 17", checked = "2026-10-01" }
//! ```

use std::borrow::Cow;
use std::cell::RefCell;

use mlship_core::finding::{Finding, Report, Span};
use mlship_core::limits::{Force, Limit, Limits, Numbers, Source};
use mlship_core::node::{Node, Value};
use mlship_core::reader::{Reader, nearest};

use crate::numbers::Pages;
use crate::tree;

/// Puts the numbers of `text` in the place of those of `limits`, or beside them where nothing
/// was published. A number keeps its force (hard where there was none) unless the file says
/// another. A memory limit also becomes the largest of the sizes.
///
/// # Errors
/// Every mistake in `text`, with its place: unknown providers, kinds and keys, wrong numbers,
/// numbers without source or date.
pub fn apply_override(mut limits: Vec<Limits>, text: &str) -> Result<Vec<Limits>, Report> {
    let root = tree::parse(text).map_err(|finding| Report(vec![*finding]))?;
    let findings = RefCell::new(Report::default());
    if let Some(mut reader) = Reader::new("", &root, &findings) {
        let common = Common::read(&mut reader);
        for (provider, node) in reader.entries() {
            if !["source", "checked"].contains(&provider.name.as_str())
                && let Some(kinds) = Reader::new(&provider.name, node, &findings)
            {
                common.put_all(&provider.name, &kinds, &mut limits);
            }
        }
    }
    let report = findings.into_inner();
    if report.has_errors() { Err(report) } else { Ok(limits) }
}

/// The page and date that stand at the top of the file, for all its numbers.
struct Common {
    source: Option<String>,
    checked: Option<String>,
}

impl Common {
    fn read(reader: &mut Reader<'_>) -> Self {
        let source = reader.string("source").map(|source| source.value);
        let pages = Pages { known: [].into(), last_day: None };
        let checked = reader.string("checked");
        let checked = checked
            .filter(|checked| pages.day(reader, &checked.value, checked.span.clone()))
            .map(|checked| checked.value);
        Self { source, checked }
    }

    fn put_all(&self, provider: &str, kinds: &Reader<'_>, limits: &mut [Limits]) {
        for (key, node) in kinds.entries() {
            let is_it =
                |one: &&mut Limits| one.provider == provider && one.kind == key.name.as_str();
            let path = kinds.path_of(&key.name);
            let Some(one) = limits.iter_mut().find(is_it) else {
                kinds.report(unknown_kind(&path, key.span.clone(), limits));
                continue;
            };
            if let Some(table) = Reader::new(&path, node, kinds.findings()) {
                self.put(table, one);
            }
        }
    }

    fn put(&self, mut reader: Reader<'_>, limits: &mut Limits) {
        for key in Numbers::KEYS {
            let Some(node) = reader.node(key) else { continue };
            let Some(slot) = limits.numbers.slot(key) else { continue };
            let force = slot.as_ref().map_or(Force::Hard, |limit| limit.force);
            if let Some(limit) = self.limit(&mut reader, key, node, force) {
                *slot = Some(limit);
            }
        }
        reader.finish();
        cut_sizes(limits);
    }

    fn limit(
        &self,
        reader: &mut Reader<'_>,
        key: &'static str,
        node: &Node,
        force: Force,
    ) -> Option<Limit> {
        if !matches!(node.value, Value::Table(_)) {
            let value = reader.integer(key, 1..=i64::MAX)?;
            let source = self.basis(reader, key, node, self.source.clone(), "source");
            let checked = self.basis(reader, key, node, self.checked.clone(), "checked");
            return limit(value.value, force, source?, checked?);
        }
        let mut table = reader.table(key)?;
        let value = table.integer("value", 1..=i64::MAX);
        let value = table.required("value", value);
        let force = match table.one_of("force", &["hard", "soft"]) {
            Some(word) if word.value == "hard" => Force::Hard,
            Some(_) => Force::Soft,
            None => force,
        };
        let source = table.string("source").map(|source| source.value).or(self.source.clone());
        let own = table.string("checked");
        let pages = Pages { known: [].into(), last_day: None };
        let own = own.filter(|own| pages.day(&table, &own.value, own.span.clone()));
        let checked = own.map(|own| own.value).or(self.checked.clone());
        let source = table.required("source", source);
        let checked = table.required("checked", checked);
        table.finish();
        limit(value?.value, force, source?, checked?)
    }

    fn basis(
        &self,
        reader: &Reader<'_>,
        key: &str,
        node: &Node,
        value: Option<String>,
        name: &str,
    ) -> Option<String> {
        if value.is_none() {
            let message = format!("`{}` has no `{name}`", reader.path_of(key));
            let hint = format!("write `{name} = \"…\"` at the top of the file");
            reader
                .report(Finding::error("limits/source", message).at(node.span.clone()).hint(hint));
        }
        value
    }
}

fn limit(value: i64, force: Force, source: String, checked: String) -> Option<Limit> {
    Some(Limit {
        value: u64::try_from(value).ok()?,
        force,
        source: Source { page: Cow::Owned(source), url: None },
        checked: Cow::Owned(checked),
    })
}

/// Makes the most memory there is the largest of the sizes too.
fn cut_sizes(limits: &mut Limits) {
    let Some(most) = limits.numbers.memory_max_mb.as_ref().map(|most| most.value) else { return };
    let Some(sizes) = &mut limits.memory_sizes_mb else { return };
    let values = sizes.values.to_mut();
    let largest = values.last().copied();
    values.retain(|size| *size <= most);
    if values.is_empty() || largest.is_some_and(|largest| largest < most) {
        values.push(most);
    }
}

fn unknown_kind(name: &str, span: Span, limits: &[Limits]) -> Finding {
    let known: Vec<_> = limits.iter().map(|one| format!("{}.{}", one.provider, one.kind)).collect();
    let finding = Finding::error("limits/kind", format!("no kind is called `{name}`")).at(span);
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => finding.hint(format!("did you mean `{near}`?")),
        None => finding.hint(format!("kinds: {}", known.join(", "))),
    }
}
