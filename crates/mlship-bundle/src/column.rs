//! The columns of a table.

use serde::{Deserialize, Serialize};

use crate::Element;

/// One input of the model and the columns that fill it, left to right: shape `[rows, columns]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Packed {
    /// The input's name in the model.
    pub input: String,
    /// What the input's elements are; every column is converted to it.
    pub element: Element,
    /// The columns.
    pub columns: Vec<Column>,
}

/// A column of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Column {
    /// The key in the request.
    pub name: String,
    /// What the request must hold there.
    pub kind: ColumnKind,
    /// True when it may be absent or null: NaN in a float input, the empty string in a text one,
    /// unless there is a default.
    pub optional: bool,
    /// What stands for a value that is absent or null; then it may always be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Filler>,
    /// The only texts that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Categories>,
}

impl Column {
    /// A column without a default or categories.
    pub fn plain(name: impl Into<String>, kind: ColumnKind, optional: bool) -> Self {
        Self { name: name.into(), kind, optional, default: None, categories: None }
    }
}

/// What a request must hold for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// A number.
    Float,
    /// A number without a fraction.
    Int,
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// A day, as ISO 8601 text. The model takes how many of the unit it is after 1970-01-01.
    Date(Unit),
    /// A moment, as ISO 8601 text; UTC unless it says otherwise. The model takes how many of the
    /// unit it is after 1970-01-01T00:00Z.
    Datetime(Unit),
}

/// What time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Days of 86,400 seconds.
    Days,
    /// Seconds, leap seconds left out.
    S,
    /// Thousandths of a second.
    Ms,
    /// Millionths.
    Us,
    /// Thousand-millionths.
    Ns,
}

impl Unit {
    /// How many nanoseconds it is.
    pub fn nanoseconds(self) -> i64 {
        match self {
            Unit::Days => 86_400_000_000_000,
            Unit::S => 1_000_000_000,
            Unit::Ms => 1_000_000,
            Unit::Us => 1_000,
            Unit::Ns => 1,
        }
    }
}

/// A value as a request would hold it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Categories {
    /// All of them.
    pub names: Vec<String>,
    /// What becomes of another.
    pub unknown: Stranger,
}

/// What becomes of a text that is none of a column's categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stranger {
    /// The request is refused.
    #[default]
    Refuse,
    /// It counts as a value that is not there.
    Missing,
    /// The model takes it as it is.
    Pass,
}
