//! The columns of a table.

use crate::finding::Span;

/// Rows of named columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The columns, in the manifest's order.
    pub columns: Vec<Column>,
    /// Forms of a request that are taken beside those that always are.
    pub formats: Vec<Format>,
}

/// A form of a request that has to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Arrow IPC, as a stream or a file.
    Arrow,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The key in the request.
    pub name: String,
    /// What its values are.
    pub kind: ColumnKind,
    /// Whether a value may be absent or null: `float?`, `string?`.
    pub presence: Presence,
    /// What stands for a value that is absent or null.
    pub default: Option<Filler>,
    /// The only texts that it takes.
    pub categories: Option<Categories>,
    /// Where the column stands in the manifest.
    pub span: Span,
}

/// What a column's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number; absent becomes NaN.
    Float,
    /// A whole number.
    Int,
    /// Text; absent becomes the empty string.
    String,
    /// `true` or `false`.
    Bool,
    /// A day, which the model takes as so many units after 1970-01-01.
    Date(Unit),
    /// A moment, which the model takes as so many units after 1970-01-01T00:00Z.
    Datetime(Unit),
}

/// What time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Days of 86,400 seconds.
    Days,
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Millionths.
    Microseconds,
    /// Thousand-millionths.
    Nanoseconds,
}

/// Whether a column's value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Every row has it.
    Required,
    /// It may be absent or null.
    Optional,
}

/// What stands for an absent value, as a request would hold it.
#[derive(Debug, Clone, PartialEq)]
pub enum Filler {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text, and what is written as text.
    Text(String),
}

/// The texts that a column takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    /// All of them: at least one, no two alike.
    pub names: Vec<String>,
    /// What becomes of another.
    pub unknown: Stranger,
}

/// What becomes of a text that is none of a column's categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stranger {
    /// The request is refused.
    #[default]
    Refuse,
    /// It counts as a value that is not there.
    Missing,
    /// The model takes it as it is.
    Pass,
}
