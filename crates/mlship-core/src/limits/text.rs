//! The grid as text: one row a kind, then a line for each thing that does not fit.
//!
//! Makes a string; prints nothing.

use std::fmt::Write;

use super::check::memory_cap;
use super::grid::{Grid, Row};
use super::kind::{Force, Limit, Native, Scratch, Source};
use super::need::{Amount, Need, Origin};
use super::verdict::{Measure, RemarkKind};
use super::words::{Unit, quantity};

/// Whether the text carries terminal colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// None.
    Plain,
    /// ANSI escapes.
    Colour,
}

#[derive(Clone, Copy)]
enum Style {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    None,
}

/// The columns after provider and kind; those at the end go first where the width is short.
const COLUMNS: [&str; 5] = ["package", "memory", "timeout", "disk", "payload"];
const GAP: usize = 2;

/// The grid in at most `width` columns, where words allow it.
pub fn text(grid: &Grid, width: usize, paint: Paint) -> String {
    let mut out = String::new();
    wrap(&mut out, &needs(&grid.need), width, "", "  ");
    out.push('\n');
    table(&mut out, grid, width, paint);
    let extent = if grid.rows.len() == 1 { Extent::One } else { Extent::Many };
    for row in &grid.rows {
        details(&mut out, row, width, paint, extent);
    }
    out
}

/// Whether the grid is about one kind, of which everything is said, or many.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    One,
    Many,
}

fn needs(need: &Need) -> String {
    let mut parts = Vec::new();
    let mut part = |name: &str, amount: Option<&Amount>, unit| {
        let Some(amount) = amount else { return };
        let how = match amount.origin {
            Origin::Declared => "",
            Origin::Default => " (default)",
            Origin::Measured => " (measured)",
            Origin::Estimated => " (estimated)",
        };
        parts.push(format!("{name} {}{how}", quantity(amount.value, unit)));
    };
    part("package", need.packed_bytes.as_ref(), Unit::Bytes);
    part("unpacked", need.unpacked_bytes.as_ref(), Unit::Bytes);
    part("memory", Some(&need.memory_mb), Unit::Mib);
    part("timeout", Some(&need.timeout_s), Unit::Seconds);
    part("disk", Some(&need.disk_mb), Unit::Mib);
    part("request", need.request_bytes.as_ref(), Unit::Bytes);
    part("response", need.response_bytes.as_ref(), Unit::Bytes);
    part("start", need.start_s.as_ref(), Unit::Seconds);
    if need.concurrency.value != 1 {
        part("concurrency", Some(&need.concurrency), Unit::Count);
    }
    format!("needs: {}", parts.join(", "))
}

/// A cell and how it looks.
type Cell = (String, Style);

fn table(out: &mut String, grid: &Grid, width: usize, paint: Paint) {
    let mut rows = vec![header()];
    let mut last_provider = "";
    for row in &grid.rows {
        let provider = row.verdict.provider.as_str();
        let shown = if provider == last_provider { "" } else { provider };
        last_provider = provider;
        rows.push(cells(row, shown));
    }
    let mut widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| columns(&row[column].0)).max().unwrap_or(0))
        .collect();
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
    while total(&widths) > width && widths.len() > 4 {
        let gone = widths.len() - 2;
        widths.remove(gone);
        for row in &mut rows {
            row.remove(gone);
        }
    }
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, style)) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - columns(cell));
            let is_number = column >= 2 && column + 1 < row.len();
            let painted = painted(cell, *style, paint);
            let gap = if column == 0 { "" } else { "  " };
            let cell = if is_number { pad + &painted } else { painted + &pad };
            line.push_str(gap);
            line.push_str(&cell);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    let legend = "-  no published limit    !  exceeded";
    let _ = writeln!(out, "{}", painted(legend, Style::Dim, paint));
}

fn header() -> Vec<Cell> {
    let names = ["provider", "kind"].into_iter().map(String::from);
    // The numbers leave room for the mark of what is exceeded.
    let numbers = COLUMNS.into_iter().map(|name| format!("{name} "));
    let names = names.chain(numbers).chain(["fits".into()]);
    names.map(|name| (name, Style::Bold)).collect()
}

fn cells(row: &Row, provider: &str) -> Vec<Cell> {
    let package = [Measure::Packed, Measure::Base64, Measure::Unpacked, Measure::Image];
    let timeout = [Measure::Timeout, Measure::HttpTimeout];
    let payload = [Measure::Request, Measure::Response];
    let (verdict, style) = verdict(row);
    vec![
        (provider.into(), Style::Bold),
        (row.verdict.kind.clone(), Style::None),
        marked(package_cap(row), &package, row),
        marked(memory(row), &[Measure::Memory], row),
        marked(timeout_cap(row), &timeout, row),
        marked(disk(row), &[Measure::Disk], row),
        marked(payload_cap(row), &payload, row),
        (verdict, style),
    ]
}

fn verdict(row: &Row) -> Cell {
    let limits = &row.limits;
    if !row.verdict.fits {
        let words = if limits.deprecated.is_some() { "no, legacy" } else { "no" };
        return (words.into(), Style::Red);
    }
    if limits.deprecated.is_some() {
        return ("yes, legacy".into(), Style::Yellow);
    }
    if limits.native == Native::Shim {
        return ("yes, shim".into(), Style::Yellow);
    }
    match row.verdict.warnings().next() {
        Some(_) => ("yes, see below".into(), Style::Yellow),
        None => ("yes".into(), Style::Green),
    }
}

fn marked(text: Option<String>, measures: &[Measure], row: &Row) -> Cell {
    let text = text.unwrap_or_else(|| "-".into());
    if row.verdict.violations().any(|one| measures.contains(&one.measure)) {
        (format!("{text}!"), Style::Red)
    } else {
        (format!("{text} "), Style::None)
    }
}

fn package_cap(row: &Row) -> Option<String> {
    let numbers = &row.limits.numbers;
    let base64 = numbers.base64_bytes.as_ref().map(|limit| limit.value / 4 * 3);
    let others = [&numbers.packed_bytes, &numbers.unpacked_bytes, &numbers.image_bytes];
    let others = others.into_iter().flatten().map(|limit| limit.value);
    others.chain(base64).min().map(|bytes| quantity(bytes, Unit::Bytes))
}

fn memory(row: &Row) -> Option<String> {
    memory_cap(&row.limits).map(|(_, cap)| quantity(cap.value, Unit::Mib))
}

fn timeout_cap(row: &Row) -> Option<String> {
    let numbers = &row.limits.numbers;
    least([&numbers.timeout_max_s, &numbers.http_max_s], Unit::Seconds)
}

fn disk(row: &Row) -> Option<String> {
    if row.limits.scratch == Scratch::Memory {
        return Some("memory".into());
    }
    least([&row.limits.numbers.disk_max_mb], Unit::Mib)
}

fn payload_cap(row: &Row) -> Option<String> {
    let numbers = &row.limits.numbers;
    least([&numbers.request_bytes, &numbers.response_bytes], Unit::Bytes)
}

fn least<const N: usize>(limits: [&Option<Limit>; N], unit: Unit) -> Option<String> {
    let hard = limits.into_iter().flatten().filter(|limit| limit.force == Force::Hard);
    hard.map(|limit| limit.value).min().map(|value| quantity(value, unit))
}

/// What is to be said of one kind below the table.
fn details(out: &mut String, row: &Row, width: usize, paint: Paint, extent: Extent) {
    let lines = lines(row, extent);
    if lines.is_empty() {
        return;
    }
    let title = format!("{} {}", row.verdict.provider, row.verdict.kind);
    let _ = writeln!(out, "\n{}", painted(&title, Style::Bold, paint));
    for (line, style) in lines {
        let mut wrapped = String::new();
        wrap(&mut wrapped, &line, width, "  ", "      ");
        for line in wrapped.lines() {
            let _ = writeln!(out, "{}", painted(line, style, paint));
        }
    }
}

fn lines(row: &Row, extent: Extent) -> Vec<Cell> {
    let verdict = &row.verdict;
    let mut lines: Vec<Cell> = Vec::new();
    for mismatch in &verdict.mismatches {
        let basis = mismatch.source.as_ref().zip(mismatch.checked.as_deref());
        let basis = basis.map_or(String::new(), |(source, day)| basis_of(source, day));
        lines.push((format!("{}{basis}", mismatch.phrase), Style::None));
    }
    // Where nothing starts, the rest is of use only to whoever asks for this kind alone.
    if extent == Extent::Many && row.limits.native == Native::Never {
        return lines;
    }
    for one in verdict.violations().chain(verdict.warnings()) {
        let warning = if one.fails() { "" } else { "warning: " };
        let basis = basis_of(&one.limit.source, &one.limit.checked);
        lines.push((format!("{warning}{}{basis}", one.phrase()), Style::None));
    }
    for remark in &verdict.remarks {
        let is_asked = verdict.fits && remark.kind == RemarkKind::Route;
        if extent == Extent::One || is_asked {
            let basis = basis_of(&remark.source, &remark.checked);
            lines.push((format!("note: {}{basis}", remark.text), Style::Dim));
        }
    }
    if extent == Extent::One {
        lines.extend(machines(row).map(|line| (line, Style::Dim)));
    }
    let known = row.limits.gpu.iter().chain(row.limits.notes.iter());
    let notes = known.filter(|_| extent == Extent::One);
    lines.extend(notes.map(|note| {
        (format!("note: {}{}", note.text, basis_of(&note.source, &note.checked)), Style::Dim)
    }));
    let advice = row.advice.iter();
    lines.extend(advice.map(|advice| (format!("try: {}", advice.text), Style::Green)));
    lines
}

/// The machines that the kind comes on, or the one that was chosen.
fn machines(row: &Row) -> impl Iterator<Item = String> {
    row.limits.machines.iter().map(|machine| {
        let basis = basis_of(&machine.source, &machine.checked);
        format!("machine: {} with {}{basis}", machine.name, machine.words())
    })
}

fn basis_of(source: &Source, checked: &str) -> String {
    format!(" [{}; checked {checked}]", source.page)
}

/// Breaks `text` between words so that no line is wider than `width`, if its words are not.
fn wrap(out: &mut String, text: &str, width: usize, first: &str, next: &str) {
    let mut line = String::from(first);
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && columns(&line) + 1 + columns(word) > width {
            out.push_str(line.trim_end());
            out.push('\n');
            line = next.into();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

fn columns(text: &str) -> usize {
    text.chars().count()
}

fn painted(text: &str, style: Style, paint: Paint) -> String {
    let code = match (paint, style) {
        (Paint::Plain, _) | (_, Style::None) => return text.into(),
        (Paint::Colour, Style::Bold) => "1",
        (Paint::Colour, Style::Dim) => "2",
        (Paint::Colour, Style::Red) => "31",
        (Paint::Colour, Style::Green) => "32",
        (Paint::Colour, Style::Yellow) => "33",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
