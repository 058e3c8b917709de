//! What a reader says of values that are missing or wrong.

use std::cell::RefCell;

use super::{MOST_FINDINGS, Reader};
use crate::finding::{Finding, Report};
use crate::node::{Key, Node, Value};

fn node(value: Value) -> Node {
    Node { span: 0..1, value }
}

fn table(entries: &[(&str, Value)]) -> Node {
    let entry = |(name, value): &(&str, Value)| {
        (Key { name: (*name).into(), span: 0..1 }, node(value.clone()))
    };
    node(Value::Table(entries.iter().map(entry).collect()))
}

/// What `read` makes of a table, and the findings in words: message, then hints.
fn read<T>(entries: &[(&str, Value)], read: impl FnOnce(Reader<'_>) -> T) -> (T, Vec<String>) {
    let findings = RefCell::new(Report::default());
    let table = table(entries);
    let value = Reader::new("targets.aws", &table, &findings).map(read);
    let words = |finding: Finding| [vec![finding.message], finding.hints].concat().join(" / ");
    (value.expect("a table"), findings.into_inner().0.into_iter().map(words).collect())
}

#[test]
fn booleans_are_true_and_false_alone() {
    for (written, hint) in [
        (Value::Str("no".into()), " / write `false`, without quotes"),
        (Value::Str("On".into()), " / write `true`, without quotes"),
        (Value::Str("maybe".into()), ""),
    ] {
        let (value, words) = read(&[("public", written)], |mut table| table.boolean("public"));
        let message = "`targets.aws.public` must be `true` or `false`, not text";
        assert!(value.is_none());
        assert_eq!(words, [format!("{message}{hint}")]);
    }
    let (value, words) =
        read(&[("public", Value::Bool(true))], |mut table| table.boolean("public"));
    assert!(value.is_some_and(|value| value.value) && words.is_empty());
}

#[test]
fn a_choice_is_taken_or_its_nearest_offered() {
    let choices = ["x86_64", "arm64"];
    let (value, words) = read(&[("architecture", Value::Str("arm-64".into()))], |mut table| {
        table.one_of("architecture", &choices)
    });
    assert!(value.is_none());
    assert_eq!(
        words,
        [
            "`targets.aws.architecture` cannot be `arm-64` / did you mean `arm64`? / one of: x86_64, arm64"
        ]
    );
}

#[test]
fn refused_keys_are_neither_unknown_nor_offered() {
    let (_, words) = read(&[("image", Value::Null), ("stranger", Value::Null)], |mut table| {
        assert!(table.refused("image").is_some());
        assert!(table.entry("table").is_none());
        assert!(table.entry("table").is_none());
        table.finish();
    });
    assert_eq!(words, ["unknown key `targets.aws.stranger` / known keys: table"]);
}

#[test]
fn what_is_required_is_missing_once() {
    let written = [("a", Value::Null), ("b", Value::Int(1))];
    let (_, words) = read(&written, |mut table| {
        for key in ["a", "b", "c"] {
            let text = table.string(key);
            assert!(table.required(key, text).is_none());
        }
    });
    assert_eq!(
        words,
        [
            "`targets.aws.a` has no value",
            "`targets.aws.b` must be text, not a whole number / put it in quotes: `\"1\"`",
            "`targets.aws.c` is missing / add `c`",
        ]
    );
}

#[test]
fn findings_are_bounded_and_the_first_error_is_kept() {
    let (_, words) = read(&[], |table| {
        for _ in 0..2 * MOST_FINDINGS {
            table.report(Finding::warning("a/b", "warning"));
        }
        assert!(!table.is_full());
        for _ in 0..10 {
            table.report(Finding::error("a/b", "error"));
        }
        assert!(table.is_full());
    });
    assert_eq!(words.len(), MOST_FINDINGS + 1);
    assert_eq!(words.last().map(String::as_str), Some("error"));
}
