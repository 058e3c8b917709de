//! What a check found: data, never text on a terminal.

use std::ops::Range;

use serde::Serialize;

/// Bytes of the manifest text, from and up to.
pub type Span = Range<usize>;

/// Whether a finding stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; the command goes on.
    Warning,
    /// The command stops.
    Error,
}

/// One thing wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name of the rule, such as `manifest/unknown-key`.
    pub code: &'static str,
    /// Whether it stops the command.
    pub severity: Severity,
    /// One lower-case phrase, values in backticks, no full stop.
    pub message: String,
    /// Where in the manifest text, when it has a place there.
    pub span: Option<Span>,
    /// A few words put at the caret.
    pub label: Option<String>,
    /// What the reader can type or edit to mend it.
    pub hints: Vec<String>,
}

impl Finding {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: None,
            hints: Vec::new(),
        }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// The same, with its place in the manifest.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same, with words at the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same, with one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// Everything a check found, in the order it was found. Empty means all is well.
#[must_use]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// Adds one finding.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Adds all of another report.
    pub fn extend(&mut self, other: Report) {
        self.0.extend(other.0);
    }

    /// True when a finding stops the command.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// True when nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
