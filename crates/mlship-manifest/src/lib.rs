//! Manifest text to a project, or to everything that is wrong with it, with line and column.
//!
//! Also the manifest's JSON Schema, and the one renderer of findings. Only [`load`] and [`find`]
//! touch the disk, and only the manifest itself: whether the files it names exist is checked by
//! whoever reads them.

mod load;
mod project;
mod render;
mod schema;
mod tree;

use std::collections::HashSet;
use std::path::Path;

pub use load::{FILE_NAMES, LoadError, Loaded, find, load};
use mlship_core::finding::Report;
use mlship_core::project::Project;
pub use project::PROVIDERS;
pub use render::{Source, Style, render};
pub use schema::schema;
pub use tree::{MAX_BYTES, MAX_DEPTH};

/// The version of the manifest's format.
pub const VERSION: i64 = 1;

/// The most findings of one manifest; what comes after them is not reported.
pub const MAX_FINDINGS: usize = 500;

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.yaml` or `.yml`.
    Yaml,
    /// `.toml`.
    Toml,
}

impl Format {
    /// The format that a file's extension tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "yaml" | "yml" => Some(Self::Yaml),
            "toml" => Some(Self::Toml),
            _ => None,
        }
    }
}

/// Reads a manifest of the folder `root` (kept as [`Project::root`], never looked at).
///
/// All problems come at once, in the order of their places in the text. There is a project
/// exactly when none of them is an error.
pub fn parse(text: &str, format: Format, root: &Path) -> (Option<Project>, Report) {
    let (tree, mut report) = tree::parse(text, format);
    let (project, found) = match &tree {
        Some(tree) => project::read(tree, root),
        None => (None, Report::default()),
    };
    // What is no value at all is not reported once more as the wrong value.
    let said: HashSet<_> = report.0.iter().map(|finding| finding.span.clone()).collect();
    report.0.extend(found.0.into_iter().filter(|finding| !said.contains(&finding.span)));
    report.0.sort_by_key(|finding| finding.span.as_ref().map_or(0, |span| span.start));
    let project = if report.has_errors() { None } else { project };
    (project, bounded(report))
}

/// The first findings, errors before warnings when there are too many, in words of a length that
/// can be read.
fn bounded(mut report: Report) -> Report {
    if report.0.len() > MAX_FINDINGS {
        report.0.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        report.0.truncate(MAX_FINDINGS);
    }
    for finding in &mut report.0 {
        plain(&mut finding.message);
        finding.label.iter_mut().for_each(plain);
        finding.hints.iter_mut().for_each(plain);
    }
    report
}

/// Makes words that quote the text one line of bounded length, without control characters.
fn plain(words: &mut String) {
    const LONGEST: usize = 400;
    if words.contains(char::is_control) {
        let escape = |c: char| match c {
            c if c.is_control() => c.escape_default().collect(),
            c => String::from(c),
        };
        *words = words.chars().map(escape).collect();
    }
    if words.len() > LONGEST {
        words.truncate(words.floor_char_boundary(LONGEST));
        words.push('…');
    }
}
