//! The YAML parser's errors in the reader's words.

use granit_parser::{ErrorKind, ScanError};
use mlship_core::finding::{Finding, Span};

use super::MAX_DEPTH;

/// The finding for a syntax error in `text`.
pub(super) fn finding(error: &ScanError, text: &str) -> Finding {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = text.floor_char_boundary(at);
    let at = at..at + text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(at);
    }
    let (message, label, hint) = words(error.kind());
    let message = match message {
        Some(message) => message.to_owned(),
        None => format!("not valid YAML: {}", error.kind()),
    };
    let finding = Finding::error("manifest/syntax", message).at(at).label(label);
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// The finding for lists and tables nested deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(at: Span) -> Finding {
    Finding::error("manifest/syntax", format!("nested deeper than {MAX_DEPTH} levels"))
        .at(at)
        .label("too deep")
}

/// Message (the parser's own when `None`), label and hint.
fn words(kind: &ErrorKind) -> (Option<&'static str>, &'static str, Option<&'static str>) {
    use ErrorKind as E;
    match kind {
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar => (
            Some("YAML is indented with spaces, not tabs"),
            "a tab",
            Some("replace the tab by spaces"),
        ),
        E::UnclosedQuotedScalar | E::DocumentIndicatorInQuotedScalar => {
            (Some("the quote is never closed"), "still inside the quotes", Some("close the quote"))
        }
        E::UnexpectedEofFlowSequence | E::UnclosedFlowCollection { open: '[' } => {
            (Some("the list is never closed"), "expected `]`", Some("close the list with `]`"))
        }
        E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::UnclosedFlowCollection { .. } => {
            (Some("the table is never closed"), "expected `}`", Some("close the table with `}`"))
        }
        E::ExpectedFlowSequenceSeparator => {
            (Some("the list goes on without a comma"), "expected `,` or `]`", None)
        }
        E::ExpectedFlowMappingSeparator => {
            (Some("the table goes on without a comma"), "expected `,` or `}`", None)
        }
        E::MismatchedFlowCollectionEnd { open: '[', .. } => {
            (Some("a list is closed with `]`"), "closes nothing", None)
        }
        E::MismatchedFlowCollectionEnd { .. } => {
            (Some("a table is closed with `}`"), "closes nothing", None)
        }
        E::MisplacedFlowCollectionEnd => (Some("nothing is open here"), "closes nothing", None),
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            Some("a key without a `:`"),
            "expected `key: value`",
            Some("a `:` is followed by a space: `key: value`"),
        ),
        E::InvalidIndentation | E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry => (
            Some("the indentation does not fit"),
            "does not line up with what is above",
            Some("keys of one table start in one column"),
        ),
        E::MappingValueNotAllowed => (
            Some("a second `:` on the line"),
            "no value can start here",
            Some("put text that holds `: ` in quotes"),
        ),
        E::UnexpectedCharacter { .. } => {
            (None, "cannot start a value", Some("put the text in quotes"))
        }
        E::DirectiveDisallowed => {
            (Some("YAML directives are not supported"), "not read", Some("delete the line"))
        }
        E::UnknownQuotedScalarEscape => (
            Some("unknown escape in double quotes"),
            "not an escape",
            Some("use single quotes for text with backslashes"),
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => (
            Some("a list item cannot start here"),
            "unexpected `-`",
            Some("put each item on a line of its own"),
        ),
        _ => (None, "here", None),
    }
}
