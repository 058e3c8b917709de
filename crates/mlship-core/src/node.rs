//! The manifest as a tree in which every key and value knows its place in the text.
//!
//! YAML and TOML both become this, so that every table is read, and every mistake shown, by the
//! same code (see [`crate::reader`]).

use crate::finding::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands in the text.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// A key of a table and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as written.
    pub name: String,
    /// Where the key stands in the text.
    pub span: Span,
}

/// What a manifest can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing, as in `key:`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order written.
    Table(Vec<(Key, Node)>),
}

impl Value {
    /// What it is, in words for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a decimal number",
            Value::Str(_) => "text",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}
