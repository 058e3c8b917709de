//! The YAML parser's errors in the reader's words, and at the place of the slip rather than
//! where the parser gave up.

use granit_parser::{ErrorKind, ScanError};
use mlship_core::finding::{Finding, Span};

use super::MAX_DEPTH;

/// The finding for a syntax error in `text`.
pub(super) fn finding(error: &ScanError, text: &str) -> Finding {
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    let at = text.floor_char_boundary(at);
    let kind = error.kind();
    match kind {
        ErrorKind::RecursionLimitExceeded => return too_deep(one(text, at)),
        ErrorKind::MappingValueNotAllowed => return second_colon(text, at),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
            return mismatch(*open, *close).at(one(text, at)).label(format!("this `{open}`"));
        }
        ErrorKind::UnexpectedCharacter { character } => {
            return syntax(format!("`{character}` cannot start a value"))
                .at(one(text, at))
                .label("means something else to YAML")
                .hint("put the text in quotes");
        }
        _ => {}
    }
    let (message, label, hint) = words(kind);
    let message =
        message.map_or_else(|| format!("not valid YAML: {kind}"), |message| message.to_owned());
    let finding = syntax(message).at(one(text, slip(kind, text, at))).label(label);
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// The finding for lists and tables nested deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(at: Span) -> Finding {
    syntax(format!("nested deeper than {MAX_DEPTH} levels")).at(at).label("too deep")
}

fn syntax(message: impl Into<String>) -> Finding {
    Finding::error("manifest/syntax", message)
}

/// The character at `at`; nothing at the end of a line.
fn one(text: &str, at: usize) -> Span {
    let first = text[at..].chars().next().filter(|c| !matches!(c, '\n' | '\r'));
    at..at + first.map_or(0, char::len_utf8)
}

/// Where the slip is, for an error that the parser marks elsewhere.
fn slip(kind: &ErrorKind, text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let found = match kind {
        kind if is_tab(kind) => text[line..at].find('\t').map(|tab| line + tab),
        ErrorKind::UnknownQuotedScalarEscape => unknown_escape(text, at),
        _ => None,
    };
    found.unwrap_or(at)
}

/// The first backslash from `at` on that starts no escape of a double-quoted YAML scalar.
/// Source: YAML 1.2.2, section 5.7.
fn unknown_escape(text: &str, at: usize) -> Option<usize> {
    let mut characters = text[at..].char_indices();
    while let Some((offset, character)) = characters.next() {
        if character == '\\'
            && !characters.next().is_some_and(|(_, c)| "0abt\tnvfre \"/\\N_LPxuU\n\r".contains(c))
        {
            return Some(at + offset);
        }
    }
    None
}

/// A `:` where no value can start. Without another one before it on its line, the line above is
/// to blame: it was no `key: value`, so that this line went on with it.
fn second_colon(text: &str, at: usize) -> Finding {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let above = text[..start].trim_end();
    if text[start..at].contains(": ") || above.is_empty() {
        return syntax("a second `:` on the line")
            .at(one(text, at))
            .label("no value can start here")
            .hint("put text that holds `: ` in quotes");
    }
    let line = above.rfind('\n').map_or(0, |newline| newline + 1);
    let line = line + (above.len() - line - above[line..].trim_start().len());
    let finding = syntax("a line that is not `key: value`").at(line..above.len());
    match above[line..].split_once(':') {
        Some((key, value)) => finding.label("no space after the `:`").hint(format!(
            "write `{}: {}`",
            short(key),
            short(value.trim_start())
        )),
        None => finding.label("no `:`").hint("put a `:` and a space after the key"),
    }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

fn mismatch(open: char, close: char) -> Finding {
    let (what, wanted) = if open == '[' { ("list", ']') } else { ("table", '}') };
    syntax(format!("a {what} is closed with `{close}`")).hint(format!("close it with `{wanted}`"))
}

/// Message (the parser's own when `None`), label and hint.
type Words = (Option<&'static str>, &'static str, Option<&'static str>);

fn words(kind: &ErrorKind) -> Words {
    let known = bracket_words(kind).or_else(|| line_words(kind));
    known.unwrap_or((None, "here", None))
}

/// Of lists and tables in brackets.
fn bracket_words(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as E;
    Some(match kind {
        E::UnexpectedEofFlowSequence | E::UnclosedFlowCollection { open: '[' } => {
            (Some("the list is never closed"), "expected `]`", Some("close the list with `]`"))
        }
        E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::UnclosedFlowCollection { .. } => {
            (Some("the table is never closed"), "expected `}`", Some("close the table with `}`"))
        }
        E::InvalidColonPlacement => (
            Some("a `:` in the middle of a list"),
            "still inside the list",
            Some("close the list above with `]`"),
        ),
        E::ExpectedFlowSequenceSeparator => {
            (Some("the list goes on without a comma"), "expected `,` or `]`", None)
        }
        E::ExpectedFlowMappingSeparator => {
            (Some("the table goes on without a comma"), "expected `,` or `}` before", None)
        }
        E::MisplacedFlowCollectionEnd => (Some("nothing is open here"), "closes nothing", None),
        _ => return None,
    })
}

/// Of indentation, quotes and keys.
fn line_words(kind: &ErrorKind) -> Option<Words> {
    use ErrorKind as E;
    Some(match kind {
        kind if is_tab(kind) => {
            (Some("YAML is indented with spaces, not tabs"), "a tab", Some("put spaces there"))
        }
        E::UnclosedQuotedScalar
        | E::InvalidQuotedScalarIndent
        | E::DocumentIndicatorInQuotedScalar => {
            (Some("a quote is never closed"), "still inside the quotes", Some("close the quote"))
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            Some("a key without a `:`"),
            "expected `key: value`",
            Some("a `:` is followed by a space"),
        ),
        E::InvalidIndentation | E::ExpectedBlockMappingKey | E::ExpectedBlockSequenceEntry => (
            Some("the indentation does not fit"),
            "does not line up with what is above",
            Some("keys of one table start in one column"),
        ),
        E::DirectiveDisallowed => {
            (Some("YAML directives are not supported"), "not read", Some("delete the line"))
        }
        E::UnknownQuotedScalarEscape => (
            Some("unknown escape in double quotes"),
            "not an escape",
            Some("use single quotes for text with backslashes"),
        ),
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            (Some("a list item cannot start here"), "unexpected `-`", Some("start a new line"))
        }
        _ => return None,
    })
}

fn is_tab(kind: &ErrorKind) -> bool {
    use ErrorKind as E;
    matches!(
        kind,
        E::TabNotAllowed
            | E::TabInBlockIndentation
            | E::TabInIndentation
            | E::TabAtBlockScalarStart
            | E::TabInPlainScalar
    )
}
