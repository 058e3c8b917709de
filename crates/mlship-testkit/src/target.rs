//! A provider's own part, as its tests look at it: a target table, and the numbers of a kind.

use mlship_core::limits::{Limit, Limits, Numbers};
use mlship_core::node::{Key, Node, Value};

/// A target table of text entries, each key and value at a place of its own.
pub fn table(entries: &[(&str, &str)]) -> Node {
    let entries = entries.iter().enumerate().map(|(at, (key, value))| {
        let value = Node { span: at * 2 + 1..at * 2 + 2, value: Value::Str((*value).into()) };
        (Key { name: (*key).into(), span: at * 2..at * 2 + 1 }, value)
    });
    Node { span: 0..99, value: Value::Table(entries.collect()) }
}

/// The limits of one kind.
///
/// # Panics
/// When there is no such kind.
pub fn kind<'a>(limits: &'a [Limits], name: &str) -> &'a Limits {
    limits.iter().find(|one| one.kind == name).expect("the kind is there")
}

/// The numbers of one kind.
///
/// # Panics
/// When there is no such kind.
pub fn numbers<'a>(limits: &'a [Limits], name: &str) -> &'a Numbers {
    &kind(limits, name).numbers
}

/// A number, without its source and date.
pub fn value(limit: &Option<Limit>) -> Option<u64> {
    limit.as_ref().map(|limit| limit.value)
}
