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
    let project = tree.and_then(|tree| project::read(&tree, root, &mut report));
    report.0.sort_by_key(|finding| finding.span.as_ref().map_or(0, |span| span.start));
    let project = if report.has_errors() { None } else { project };
    (project, report)
}
