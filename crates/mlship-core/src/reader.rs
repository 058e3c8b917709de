//! Reads typed values out of a [`Node`] tree and keeps every mistake it meets.
//!
//! A reader never stops: a value that is missing or wrong is a finding and a `None`, and the rest
//! is read on. [`Reader::finish`] reports the keys that nobody asked for, with the nearest known
//! key. Providers read their own target table with it.

use std::cell::RefCell;

use crate::finding::{Finding, Report, Span};
use crate::node::{Key, Node, Value};

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
    entries: &'a [(Key, Node)],
    asked: Vec<&'static str>,
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
                let wanted = if path.is_empty() { "the manifest" } else { path };
                findings.borrow_mut().push(
                    Finding::error(
                        "manifest/type",
                        format!("`{wanted}` must be a table, not {}", other.kind()),
                    )
                    .at(node.span.clone())
                    .label("expected a table"),
                );
                return None;
            }
        };
        Some(Self {
            path: path.into(),
            span: node.span.clone(),
            entries,
            asked: Vec::new(),
            findings,
        })
    }

    /// Where the table stands.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The dotted name of `key` in the whole manifest.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    /// Adds a finding of the caller's own.
    pub fn report(&self, finding: Finding) {
        self.findings.borrow_mut().push(finding);
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

    /// The node under `key`, if written and not null.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|(name, _)| name.name == key)?;
        (entry.1.value != Value::Null).then_some(&entry.1)
    }

    /// A nested table.
    pub fn table(&mut self, key: &'static str) -> Option<Reader<'a>> {
        let node = self.node(key)?;
        Reader::new(&self.path_of(key), node, self.findings)
    }

    /// Text.
    pub fn string(&mut self, key: &'static str) -> Option<Located<String>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Str(text) => Some(Located { value: text.clone(), span: node.span.clone() }),
            other => {
                let finding = self.wrong(key, node, "text", other);
                let finding = match other {
                    Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
                        finding.hint("put it in quotes")
                    }
                    _ => finding,
                };
                self.report(finding);
                None
            }
        }
    }

    /// Text that must be one of `choices`.
    pub fn one_of(
        &mut self,
        key: &'static str,
        choices: &[&'static str],
    ) -> Option<Located<&'static str>> {
        let text = self.string(key)?;
        if let Some(choice) = choices.iter().find(|choice| **choice == text.value) {
            return Some(Located { value: choice, span: text.span });
        }
        let mut finding = Finding::error(
            "manifest/choice",
            format!("`{}` cannot be `{}`", self.path_of(key), text.value),
        )
        .at(text.span)
        .label("not one of the choices");
        if let Some(near) = nearest(&text.value, choices.iter().copied()) {
            finding = finding.hint(format!("did you mean `{near}`?"));
        }
        self.report(finding.hint(format!("one of: {}", choices.join(", "))));
        None
    }

    /// A whole number within `range`.
    pub fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<Located<i64>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Int(number) if range.contains(number) => {
                Some(Located { value: *number, span: node.span.clone() })
            }
            Value::Int(number) => {
                let message = format!(
                    "`{}` is {number}; it must be from {} to {}",
                    self.path_of(key),
                    range.start(),
                    range.end()
                );
                self.report(
                    Finding::error("manifest/range", message)
                        .at(node.span.clone())
                        .label("out of range"),
                );
                None
            }
            other => {
                self.report(self.wrong(key, node, "a whole number", other));
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<Located<bool>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Bool(value) => Some(Located { value: *value, span: node.span.clone() }),
            other => {
                self.report(self.wrong(key, node, "`true` or `false`", other));
                None
            }
        }
    }

    /// A list of text.
    pub fn strings(&mut self, key: &'static str) -> Option<Located<Vec<String>>> {
        let node = self.node(key)?;
        let Value::List(items) = &node.value else {
            self.report(self.wrong(key, node, "a list", &node.value));
            return None;
        };
        let mut texts = Vec::new();
        for item in items {
            match &item.value {
                Value::Str(text) => texts.push(text.clone()),
                other => {
                    self.report(
                        self.wrong(key, item, "a list of text", other).hint("put it in quotes"),
                    );
                }
            }
        }
        (texts.len() == items.len()).then(|| Located { value: texts, span: node.span.clone() })
    }

    /// Like its argument, with a finding when the value was neither there nor already reported.
    pub fn required<T>(&self, key: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none()
            && !self
                .entries
                .iter()
                .any(|(name, node)| name.name == key && node.value != Value::Null)
        {
            let at = self.span.start..self.span.start;
            self.report(
                Finding::error("manifest/missing", format!("`{}` is missing", self.path_of(key)))
                    .at(at)
                    .hint(format!("add `{key}: …`")),
            );
        }
        value
    }

    /// Reports the keys that were written and never asked for.
    pub fn finish(self) {
        for (key, _) in self.entries {
            if self.asked.contains(&key.name.as_str()) {
                continue;
            }
            let mut finding = Finding::error(
                "manifest/unknown-key",
                format!("unknown key `{}`", self.path_of(&key.name)),
            )
            .at(key.span.clone())
            .label("not a key of this table");
            finding = match nearest(&key.name, self.asked.iter().copied()) {
                Some(near) => finding.hint(format!("did you mean `{near}`?")),
                None => finding.hint(format!("known keys: {}", self.asked.join(", "))),
            };
            self.findings.borrow_mut().push(finding);
        }
    }

    fn wrong(&self, key: &str, node: &Node, wanted: &str, got: &Value) -> Finding {
        Finding::error(
            "manifest/type",
            format!("`{}` must be {wanted}, not {}", self.path_of(key), got.kind()),
        )
        .at(node.span.clone())
        .label(format!("expected {wanted}"))
    }
}

/// The one of `known` that `word` was probably meant to be.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| {
            (strsim::jaro_winkler(&word.to_lowercase().replace('_', "-"), candidate), candidate)
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
