//! The manifest's file: finding it, and reading no more of it than a manifest can be.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mlship_core::finding::{Finding, Report};
use mlship_core::project::Project;

use crate::{Format, MAX_BYTES, Source, parse, tree};

/// The names a manifest is looked for under, the first that exists first.
pub const FILE_NAMES: [&str; 2] = ["mlship.yaml", "mlship.toml"];

/// A manifest as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// The file's name and text, to show findings in.
    pub source: Source,
    /// The project, exactly when the report has no errors.
    pub project: Option<Project>,
    /// Everything wrong, or worth knowing.
    pub report: Report,
}

/// Why a manifest could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The folder has none.
    #[error("`{}` has neither `mlship.yaml` nor `mlship.toml`", folder.display())]
    Absent {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The name tells neither YAML nor TOML.
    #[error("`{}` is neither `.yaml` nor `.toml`", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("could not read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The manifest of `folder`: `mlship.yaml`, else `mlship.toml`.
pub fn find(folder: &Path) -> Option<PathBuf> {
    FILE_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// Reads the manifest at `path`, or the one in it when it is a folder.
///
/// # Errors
/// When there is no such file, or it cannot be read. What the file holds is never an error of
/// this function: it is in the report.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let path = if path.is_dir() {
        find(path).ok_or_else(|| LoadError::Absent { folder: path.into() })?
    } else {
        path.to_owned()
    };
    let format = Format::of(&path).ok_or_else(|| LoadError::Extension { path: path.clone() })?;
    let bytes = bounded(&path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
    let root = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let name = path.display().to_string();
    if let Some(finding) = tree::too_large(bytes.len() as u64) {
        let source = Source { name, text: String::new() };
        return Ok(Loaded { source, project: None, report: Report(vec![finding]) });
    }
    Ok(match text(&bytes) {
        Ok(text) => {
            let (project, report) = parse(&text, format, root);
            Loaded { source: Source { name, text }, project, report }
        }
        Err((text, finding)) => {
            let source = Source { name, text };
            Loaded { source, project: None, report: Report(vec![*finding]) }
        }
    })
}

/// The file's first bytes: one more than a manifest can have tells that it is too large.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text without a byte order mark, or what can be shown of it and what is wrong.
fn text(bytes: &[u8]) -> Result<String, (String, Box<Finding>)> {
    if matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
        let finding = Finding::error("manifest/encoding", "the manifest is UTF-16 text")
            .hint("save the file as UTF-8");
        return Err((String::new(), Box::new(finding)));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let wrong = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(wrong) => wrong.valid_up_to(),
    };
    let finding = Finding::error("manifest/encoding", "the manifest is not UTF-8 text")
        .at(wrong..wrong + '\u{FFFD}'.len_utf8())
        .label(format!("the byte 0x{:02X}", bytes[wrong]))
        .hint("save the file as UTF-8");
    Err((String::from_utf8_lossy(bytes).into_owned(), Box::new(finding)))
}
