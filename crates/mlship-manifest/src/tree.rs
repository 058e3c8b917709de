//! Text to a tree of nodes with byte spans, the same one for YAML and TOML.
//!
//! Knows syntax and no key of the manifest. Time and memory are bounded by [`MAX_BYTES`] and
//! [`MAX_DEPTH`]; nothing in the text can ask for more (no anchors, no includes).

use mlship_core::finding::{Finding, Report};
use mlship_core::node::{Node, Value};

use crate::Format;

mod scalar;
mod toml;
mod yaml;
mod yaml_error;

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;

/// How deep tables and lists may be nested.
pub const MAX_DEPTH: usize = 64;

/// The most findings about syntax: each looks up its line in the text.
const MAX_FINDINGS: usize = 100;

/// The tree, when the text has one, and what is wrong with its syntax.
/// A key written twice is a finding, and the tree holds the first.
pub(crate) fn parse(text: &str, format: Format) -> (Option<Node>, Report) {
    let mut report = Report::default();
    if let Some(finding) = too_large(text.len() as u64).or_else(|| unreadable(text)) {
        report.push(finding);
        return (None, report);
    }
    let tree = match format {
        Format::Yaml => yaml::parse(text, &mut report),
        Format::Toml => toml::parse(text, &mut report),
    };
    let empty = match tree.as_ref().map(|node| &node.value) {
        Some(Value::Null) => true,
        Some(Value::Table(entries)) => entries.is_empty(),
        _ => false,
    };
    if empty && report.is_empty() {
        report.push(
            Finding::error("manifest/empty", "the manifest is empty")
                .hint("`mlship init MODEL` writes one from a model file"),
        );
        return (None, report);
    }
    (tree, report)
}

/// A finding when a text of so many bytes is not read.
pub(crate) fn too_large(bytes: u64) -> Option<Finding> {
    (bytes > MAX_BYTES as u64).then(|| {
        let mib = MAX_BYTES / (1024 * 1024);
        Finding::error("manifest/too-large", format!("the manifest is larger than {mib} MiB"))
            .hint("is this the manifest, or the model file?")
    })
}

/// A finding for the first character that no manifest holds: NUL and other control characters,
/// and a carriage return that does not end a line together with a newline.
fn unreadable(text: &str) -> Option<Finding> {
    let (at, character) = text.char_indices().find(|(at, character)| match character {
        '\t' | '\n' | '\u{85}' => false,
        '\r' => !text[at + 1..].starts_with('\n'),
        other => other.is_control(),
    })?;
    let (name, hint) = match character {
        '\0' => ("a NUL byte".to_owned(), "save the file as UTF-8 text"),
        '\r' => ("a carriage return alone".to_owned(), "end lines with a newline"),
        other => (format!("the control character U+{:04X}", u32::from(other)), "delete it"),
    };
    let finding = Finding::error("manifest/syntax", format!("the manifest holds {name}"))
        .at(at..at + character.len_utf8())
        .label("not a character of a text file")
        .hint(hint);
    Some(finding)
}

/// The line that `offset` is on, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}
