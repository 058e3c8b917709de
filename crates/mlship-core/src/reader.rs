//! Reads typed values out of a [`Node`] tree and keeps every mistake it meets.
//!
//! A reader never stops: a value that is missing or wrong is a finding and a `None`, and the rest
//! is read on. [`Reader::finish`] reports the keys that nobody asked for, with the nearest known
//! key. Providers read their own target table with it.

use std::cell::RefCell;

use crate::finding::{Finding, Report, Severity, Span};
use crate::node::{Key, Node, Value};

mod nearest;
#[cfg(test)]
mod tests;
mod values;

pub use nearest::nearest;

/// The most findings that are kept of one tree: hostile text has as many mistakes as bytes.
pub const MOST_FINDINGS: usize = 1000;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the manifest.
    pub span: Span,
}

/// Reads one table.
#[derive(Debug)]
pub struct Reader<'a> {
    path: String,
    span: Span,
    /// What a finding about the table as a whole points at: its key, or where it begins.
    place: Span,
    entries: &'a [(Key, Node)],
    asked: Vec<&'static str>,
    refused: Vec<&'static str>,
    findings: &'a RefCell<Report>,
}

impl<'a> Reader<'a> {
    /// Reads `node`, which stands under `path` (dotted; empty for the whole manifest).
    /// A node that is not a table is a finding and `None`.
    pub fn new(path: &str, node: &'a Node, findings: &'a RefCell<Report>) -> Option<Self> {
        let entries: &[(Key, Node)] = match &node.value {
            Value::Table(entries) => entries,
            Value::Null => &[],
            other => {
                let message = match path {
                    "" => format!("the manifest must be a table, not {}", other.kind()),
                    _ => format!("`{path}` must be a table, not {}", other.kind()),
                };
                findings.borrow_mut().push(
                    Finding::error("manifest/type", message)
                        .at(node.span.clone())
                        .label("expected a table"),
                );
                return None;
            }
        };
        Some(Self {
            path: path.into(),
            span: node.span.clone(),
            place: node.span.start..node.span.start,
            entries,
            asked: Vec::new(),
            refused: Vec::new(),
            findings,
        })
    }

    /// Where the table stands.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// What a finding about the table as a whole points at: its key, or where it begins.
    pub fn place(&self) -> Span {
        self.place.clone()
    }

    /// The dotted name of `key` in the whole manifest.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Adds a finding of the caller's own. Dropped when there are [`MOST_FINDINGS`], unless it is
    /// the first error.
    pub fn report(&self, finding: Finding) {
        let mut findings = self.findings.borrow_mut();
        let first_error = || finding.severity == Severity::Error && !findings.has_errors();
        if findings.0.len() < MOST_FINDINGS || first_error() {
            findings.push(finding);
        }
    }

    /// Whether there are so many findings, errors among them, that no more are kept. What costs
    /// time for each of many entries can stop then.
    pub fn is_full(&self) -> bool {
        let findings = self.findings.borrow();
        findings.0.len() >= MOST_FINDINGS && findings.has_errors()
    }

    /// Where findings go, for a nested reader.
    pub fn findings(&self) -> &'a RefCell<Report> {
        self.findings
    }

    /// All entries, for tables whose keys are the user's own (columns, targets).
    /// Marks nothing as asked: such a table is not finished with [`Reader::finish`].
    pub fn entries(&self) -> &'a [(Key, Node)] {
        self.entries
    }

    /// The key and what stands under it, even when that is nothing (`tensor:`).
    pub fn entry(&mut self, key: &'static str) -> Option<(&'a Key, &'a Node)> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.written(key)
    }

    /// Like [`Reader::entry`], for a key that is known and not taken: it is never offered as a
    /// known key, and the caller reports it.
    pub fn refused(&mut self, key: &'static str) -> Option<(&'a Key, &'a Node)> {
        self.refused.push(key);
        self.written(key)
    }

    /// The node under `key`, if written and not null.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.entry(key).map(|(_, node)| node).filter(|node| node.value != Value::Null)
    }

    /// A nested table.
    pub fn table(&mut self, key: &'static str) -> Option<Reader<'a>> {
        let node = self.node(key)?;
        let place = self.written(key).map(|(key, _)| key.span.clone());
        let reader = Reader::new(&self.path_of(key), node, self.findings)?;
        Some(Reader { place: place.unwrap_or(node.span.clone()), ..reader })
    }

    /// Like its argument, with a finding when the value was neither there nor already reported.
    pub fn required<T>(&self, key: &'static str, value: Option<T>) -> Option<T> {
        if value.is_some() {
            return value;
        }
        let path = self.path_of(key);
        match self.written(key) {
            Some((key, Node { value: Value::Null, .. })) => self.report(
                Finding::error("manifest/missing", format!("`{path}` has no value"))
                    .at(key.span.clone())
                    .label("nothing is written here"),
            ),
            Some(_) => {}
            None => {
                let label = match self.path.as_str() {
                    "" => "not found in this manifest".to_owned(),
                    table => format!("`{table}` has no `{key}`"),
                };
                self.report(
                    Finding::error("manifest/missing", format!("`{path}` is missing"))
                        .at(self.place())
                        .label(label)
                        .hint(format!("add `{key}`")),
                );
            }
        }
        None
    }

    /// Reports the keys that were written and never asked for.
    pub fn finish(self) {
        self.finish_with(|_| None);
    }

    /// Like [`Reader::finish`]; `hint` may know better than spelling what a key was meant to be.
    pub fn finish_with(self, hint: impl Fn(&str) -> Option<String>) {
        for (key, _) in self.entries {
            if self.is_full() {
                return;
            }
            let name = key.name.as_str();
            if self.asked.contains(&name) || self.refused.contains(&name) {
                continue;
            }
            let finding = Finding::error(
                "manifest/unknown-key",
                format!("unknown key `{}`", self.path_of(name)),
            )
            .at(key.span.clone());
            self.report(match hint(name) {
                Some(hint) => finding.label("not a key of this table").hint(hint),
                None => self.suggest(name, finding),
            });
        }
    }

    fn suggest(&self, name: &str, finding: Finding) -> Finding {
        let finding = finding.label("not a key of this table");
        let Some(near) = nearest(name, self.asked.iter().copied()) else {
            return finding.hint(match self.asked.as_slice() {
                [] => "this table takes no keys".to_owned(),
                known => format!("known keys: {}", known.join(", ")),
            });
        };
        let finding = finding.hint(format!("did you mean `{near}`?"));
        match values::unit_of(near) {
            Some(unit) if values::unit_of(name) != Some(unit) => {
                finding.hint(format!("units are part of the key: `{near}` is in {unit}"))
            }
            _ => finding,
        }
    }

    fn written(&self, key: &str) -> Option<(&'a Key, &'a Node)> {
        self.entries.iter().find(|(name, _)| name.name == key).map(|(name, node)| (name, node))
    }
}
