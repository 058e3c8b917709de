//! Findings to words for a terminal: the one place where that happens.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use mlship_core::finding::{Finding, Report, Severity};

/// The most findings that are shown; the rest is counted.
const MAX_SHOWN: usize = 100;

/// A longer line is not shown: nobody reads it, and laying it out takes long.
const MAX_LINE_BYTES: usize = 4096;

/// Columns, whatever the terminal: the same findings give the same text everywhere.
const WIDTH: usize = 120;

/// The text that findings point into.
#[derive(Default, Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What to call it: the path of the manifest, as the user wrote it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Whether the words carry terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Words alone.
    Plain,
    /// With ANSI escapes.
    Colour,
}

/// The findings, in their order, a blank line between them, with a newline at the end.
/// An empty report gives no text.
pub fn render(report: &Report, source: &Source, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Colour => Renderer::styled(),
    };
    let renderer = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii);
    let mut shown: Vec<String> =
        report.0.iter().take(MAX_SHOWN).map(|finding| one(&renderer, finding, source)).collect();
    if report.0.len() > MAX_SHOWN {
        shown.push(format!("and {} more", report.0.len() - MAX_SHOWN));
    }
    let mut text = shown.join("\n\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn one(renderer: &Renderer, finding: &Finding, source: &Source) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&*finding.message).id(finding.code);
    let first = match &finding.span {
        Some(span) => title.element(place(finding, span, source)),
        None => Group::with_title(title),
    };
    let hints =
        finding.hints.iter().map(|hint| Group::with_title(Level::HELP.secondary_title(&**hint)));
    // One by one: rendered together, a bar is drawn between them.
    let parts: Vec<_> =
        std::iter::once(first).chain(hints).map(|group| renderer.render(&[group])).collect();
    parts.join("\n")
}

/// The line with its caret, or the line's number alone when it is too long to show.
fn place<'a>(finding: &'a Finding, span: &Range<usize>, source: &'a Source) -> Element<'a> {
    let line = Line::of(&source.text, span);
    if line.text.len() > MAX_LINE_BYTES {
        let column = line.text[..line.mark.start].chars().count() + 1;
        return Origin::path(&*source.name).line(line.number).char_column(column).into();
    }
    let mut mark = AnnotationKind::Primary.span(line.mark);
    if let Some(label) = &finding.label {
        mark = mark.label(&**label);
    }
    Snippet::source(line.text).path(&*source.name).line_start(line.number).annotation(mark).into()
}

/// The line a span begins on, and the part of the span that is on it.
struct Line<'a> {
    number: usize,
    text: &'a str,
    mark: Range<usize>,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, span: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.ceil_char_boundary(span.end).max(start);
        let from = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let to = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let line = text[from..to].trim_end_matches('\r');
        let mark = (start - from).min(line.len())..(end - from).min(line.len());
        let number = 1 + text.as_bytes()[..from].iter().filter(|byte| **byte == b'\n').count();
        Self { number, text: line, mark }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { name: "mlship.yaml".into(), text: text.into() }
    }

    fn plain(finding: Finding, text: &str) -> String {
        render(&Report(vec![finding]), &source(text), Style::Plain)
    }

    #[test]
    fn a_finding_without_a_place_has_no_snippet() {
        let finding = Finding::error("limits/memory", "too little memory").hint("ask for more");
        assert_eq!(
            plain(finding, "name: x\n"),
            "error[limits/memory]: too little memory\nhelp: ask for more\n"
        );
    }

    #[test]
    fn columns_count_characters_and_carets_line_up() {
        let text = "größe: 'ä', ☃: nö\n";
        let at = text.find("nö").unwrap();
        let shown = plain(Finding::warning("a/b", "m").at(at..at + "nö".len()).label("l"), text);
        assert!(shown.contains("--> mlship.yaml:1:16"), "{shown}");
        assert!(shown.starts_with("warning[a/b]: m\n"), "{shown}");
        let lines: Vec<_> = shown.lines().collect();
        let column = |line: &str, what: &str| line[..line.find(what).unwrap()].chars().count();
        assert_eq!(column(lines[3], "nö"), column(lines[4], "^^ l"), "{shown}");
    }

    #[test]
    fn a_span_out_of_the_text_or_in_a_character_is_shown_all_the_same() {
        let backwards = Range { start: 2, end: 1 };
        for span in [100..200, 1..2, backwards, 0..usize::MAX] {
            let shown = plain(Finding::error("a/b", "m").at(span), "ä\nb");
            assert!(shown.contains("mlship.yaml:"), "{shown}");
        }
    }

    #[test]
    fn a_line_too_long_to_show_keeps_its_number_and_column() {
        let text = format!("a\n{}b", "x".repeat(MAX_LINE_BYTES));
        let end = text.len();
        let shown = plain(Finding::error("a/b", "m").at(end - 1..end), &text);
        assert!(shown.contains(&format!("mlship.yaml:2:{}", MAX_LINE_BYTES + 1)), "{shown}");
        assert!(shown.len() < 200, "{shown}");
    }

    #[test]
    fn colours_are_asked_for() {
        let finding = Finding::error("a/b", "m").at(0..1);
        assert!(!plain(finding.clone(), "x").contains('\u{1b}'));
        let coloured = render(&Report(vec![finding]), &source("x"), Style::Colour);
        assert!(coloured.contains('\u{1b}'));
    }
}
