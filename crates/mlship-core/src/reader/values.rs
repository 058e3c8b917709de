//! The typed values of a table.

use std::ops::RangeInclusive;

use super::{Located, Reader, nearest};
use crate::finding::Finding;
use crate::node::{Node, Value};

impl Reader<'_> {
    /// Text.
    pub fn string(&mut self, key: &'static str) -> Option<Located<String>> {
        let node = self.node(key)?;
        let Value::Str(text) = &node.value else {
            self.report(self.not_text(&self.path_of(key), node));
            return None;
        };
        Some(Located { value: text.clone(), span: node.span.clone() })
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
            format!("`{}` cannot be `{}`", self.path_of(key), short(&text.value)),
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
        range: RangeInclusive<i64>,
    ) -> Option<Located<i64>> {
        let node = self.node(key)?;
        let Value::Int(number) = node.value else {
            self.report(self.not_whole(key, node));
            return None;
        };
        if range.contains(&number) {
            return Some(Located { value: number, span: node.span.clone() });
        }
        let (low, high) = (range.start(), range.end());
        let label =
            if number < *low { format!("less than {low}") } else { format!("more than {high}") };
        let message =
            format!("`{}` is {number}; it must be from {low} to {high}", self.path_of(key));
        self.report(Finding::error("manifest/range", message).at(node.span.clone()).label(label));
        None
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<Located<bool>> {
        let node = self.node(key)?;
        if let Value::Bool(value) = node.value {
            return Some(Located { value, span: node.span.clone() });
        }
        let mut finding = self.wrong(&self.path_of(key), node, "`true` or `false`");
        if let Value::Str(text) = &node.value {
            finding = match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => finding.hint("write `true`, without quotes"),
                "no" | "off" | "n" | "false" => finding.hint("write `false`, without quotes"),
                _ => finding,
            };
        }
        self.report(finding);
        None
    }

    /// A number, whole or not, that is finite.
    pub fn number(&mut self, key: &'static str) -> Option<Located<f64>> {
        let node = self.node(key)?;
        let value = number(node);
        if value.is_none() {
            self.report(self.wrong(&self.path_of(key), node, "a number"));
        }
        Some(Located { value: value?, span: node.span.clone() })
    }

    /// A list of finite numbers, whole or not.
    pub fn numbers(&mut self, key: &'static str) -> Option<Located<Vec<f64>>> {
        let node = self.node(key)?;
        let Value::List(items) = &node.value else {
            self.report(self.wrong(&self.path_of(key), node, "a list of numbers"));
            return None;
        };
        let mut numbers = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match number(item) {
                Some(value) => numbers.push(value),
                None => {
                    let path = format!("{}[{index}]", self.path_of(key));
                    self.report(self.wrong(&path, item, "a number"));
                }
            }
        }
        (numbers.len() == items.len()).then(|| Located { value: numbers, span: node.span.clone() })
    }

    /// A list of text.
    pub fn strings(&mut self, key: &'static str) -> Option<Located<Vec<String>>> {
        let node = self.node(key)?;
        let Value::List(items) = &node.value else {
            let finding = self.wrong(&self.path_of(key), node, "a list");
            self.report(match &node.value {
                Value::Str(text) => finding.hint(format!("write `[{}]`", short(text))),
                _ => finding,
            });
            return None;
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match &item.value {
                Value::Str(text) => texts.push(text.clone()),
                _ => {
                    let path = format!("{}[{index}]", self.path_of(key));
                    self.report(self.not_text(&path, item));
                }
            }
        }
        (texts.len() == items.len()).then(|| Located { value: texts, span: node.span.clone() })
    }

    /// A finding for a value of the wrong type.
    pub fn wrong(&self, path: &str, node: &Node, wanted: &str) -> Finding {
        Finding::error(
            "manifest/type",
            format!("`{path}` must be {wanted}, not {}", node.value.kind()),
        )
        .at(node.span.clone())
        .label(format!("expected {wanted}"))
    }

    fn not_text(&self, path: &str, node: &Node) -> Finding {
        let finding = self.wrong(path, node, "text");
        match &node.value {
            Value::Int(number) => finding.hint(format!("put it in quotes: `\"{number}\"`")),
            Value::Bool(value) => finding.hint(format!("put it in quotes: `\"{value}\"`")),
            Value::Float(_) => finding.hint("put it in quotes"),
            Value::Null => finding.hint("give it a value, or put `\"\"` for empty text"),
            _ => finding,
        }
    }

    fn not_whole(&self, key: &str, node: &Node) -> Finding {
        let finding = self.wrong(&self.path_of(key), node, "a whole number");
        match &node.value {
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                finding.hint(format!("write `{number:.0}`"))
            }
            Value::Str(text) => match leading_number(text) {
                Some((number, "")) => finding.hint(format!("write `{number}`")),
                Some((number, _)) => finding.hint(match unit_of(key) {
                    Some(unit) => format!("write the number alone, in {unit}"),
                    None => format!("write the number alone: `{number}`"),
                }),
                None => finding,
            },
            _ => finding,
        }
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.value {
        Value::Int(number) => Some(number as f64),
        Value::Float(number) if number.is_finite() => Some(number),
        _ => None,
    }
}

/// What a number under `key` counts, told by the end of the key: mebibytes for `memory-mb`.
pub(super) fn unit_of(key: &str) -> Option<&'static str> {
    let (_, unit) = key.rsplit_once('-')?;
    Some(match unit {
        "kb" => "kibibytes",
        "mb" => "mebibytes",
        "gb" => "gibibytes",
        "ms" => "milliseconds",
        "s" => "seconds",
        "days" => "days",
        _ => return None,
    })
}

/// The number that `text` starts with, digit groups closed up, and what follows it.
fn leading_number(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '_' && c != ',');
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let number = digits.replace(['_', ','], "").parse().ok()?;
    Some((number, rest.trim()))
}

/// The text, cut where it would flood a message.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
