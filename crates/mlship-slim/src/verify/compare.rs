//! Answers before and after, compared as text.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::modules::is_library;
use crate::probe::{Answered, Failure, Outcome, Reply};

/// What the smaller packages do otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The request; `None` when the handler could not even load.
    pub request: Option<String>,
    /// What the installed packages did.
    pub before: String,
    /// What the smaller ones did.
    pub after: String,
    /// A pruned module that was asked for.
    pub missed: Option<String>,
    /// The files of the packages that an error went through, innermost last.
    pub files: Vec<String>,
    /// The names of shared libraries that an error speaks of.
    pub libraries: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.request {
            Some(request) => write!(formatter, "`{request}`: ")?,
            None => formatter.write_str("while loading: ")?,
        }
        write!(formatter, "{}, and was {}", self.after, self.before)
    }
}

/// Everything that differs. `packages` is where the smaller ones were, `installed` where the others
/// are that must not be reached.
pub(super) fn compare(
    before: &Outcome,
    after: &Outcome,
    packages: &Path,
    installed: &[PathBuf],
) -> Vec<Difference> {
    let mut found = Vec::new();
    let files = |failure: &Failure| inside(&failure.files, packages);
    let roots: Vec<&Path> = installed.iter().map(PathBuf::as_path).chain([packages]).collect();
    if let Some(failure) = &after.failure {
        found.push(Difference {
            request: None,
            before: "loaded".to_owned(),
            after: told(failure),
            missed: None,
            files: files(failure),
            libraries: libraries(failure),
        });
    }
    // Both were asked the same, in the same order; one that did not load has answered nothing.
    for (answered, other) in before.answers.iter().zip(&after.answers) {
        let unsteady = is_unsteady(answered);
        let pairs = answered.replies.iter().zip(&other.replies);
        if let Some((was, is)) =
            pairs.into_iter().find(|(was, is)| !equal(was, is, unsteady, &roots))
        {
            let failure = if let Reply::Error(failure) = is { Some(failure) } else { None };
            let request = Some(answered.name.clone());
            found.push(Difference {
                request,
                before: text(was),
                after: text(is),
                missed: None,
                files: failure.map(files).unwrap_or_default(),
                libraries: failure.map(libraries).unwrap_or_default(),
            });
        }
    }
    for miss in after.misses.iter().filter(|miss| !miss.served) {
        found.push(Difference {
            request: None,
            before: format!("`{}` could be imported", miss.module),
            after: format!("`{}` was pruned and is asked for", miss.module),
            missed: Some(miss.module.clone()),
            files: Vec::new(),
            libraries: Vec::new(),
        });
    }
    if let Some(path) = reached(after, installed) {
        found.push(Difference {
            request: None,
            before: "out of reach".to_owned(),
            after: format!("`{path}` of the installed packages was read"),
            missed: None,
            files: Vec::new(),
            libraries: Vec::new(),
        });
    }
    found
}

/// Requests that the same packages answer differently each time.
pub(super) fn unsteady(outcome: &Outcome) -> impl Iterator<Item = String> + '_ {
    let unsteady = outcome.answers.iter().filter(|answered| is_unsteady(answered));
    unsteady.map(|answered| answered.name.clone())
}

fn is_unsteady(answered: &Answered) -> bool {
    let mut replies = answered.replies.iter();
    let first = replies.next();
    first.is_some_and(|first| replies.any(|other| !equal(first, other, false, &[])))
}

fn equal(was: &Reply, is: &Reply, unsteady: bool, roots: &[&Path]) -> bool {
    let same = |was: &str, is: &str| unsteady || normal(was, roots) == normal(is, roots);
    match (was, is) {
        (Reply::Value(was), Reply::Value(is)) => same(was, is),
        (Reply::Error(was), Reply::Error(is)) => {
            was.kind == is.kind && same(&was.message, &is.message)
        }
        _ => false,
    }
}

fn text(reply: &Reply) -> String {
    match reply {
        Reply::Value(value) => shortened(value),
        Reply::Error(failure) => told(failure),
    }
}

fn told(failure: &Failure) -> String {
    format!("{}: {}", failure.kind, shortened(&failure.message))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The text with the addresses of objects, which no two processes share, made one, and with the
/// folders that packages were in made none.
fn normal(text: &str, roots: &[&Path]) -> String {
    let without = |text: String, root: &&Path| match root.to_str() {
        Some(root) if !root.is_empty() => text.replace(root, ""),
        _ => text,
    };
    let text = roots.iter().fold(text.to_owned(), without);
    let mut parts = text.split("0x");
    let mut normal = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit());
        normal.push_str("0x");
        if part.len() - rest.len() >= 6 {
            normal.push_str(rest);
        } else {
            normal.push_str(part);
        }
    }
    normal
}

/// The files that are in the packages, from there. Bytecode names its source from there already.
fn inside(files: &[String], packages: &Path) -> Vec<String> {
    let within = files.iter().filter_map(|file| {
        let path = Path::new(file);
        match path.strip_prefix(packages) {
            Ok(path) => Some(path),
            Err(_) => (path.is_relative() && !file.starts_with('<')).then_some(path),
        }
    });
    within.map(|path| path.to_string_lossy().into_owned()).collect()
}

/// The libraries that an error speaks of, by their file names.
fn libraries(failure: &Failure) -> Vec<String> {
    let is_end = |letter: char| letter.is_whitespace() || "'\"`:,()/".contains(letter);
    let words = failure.message.split(is_end);
    words.filter(|word| is_library(word)).map(str::to_owned).collect()
}

/// A file of the installed packages that was touched.
fn reached(after: &Outcome, installed: &[PathBuf]) -> Option<String> {
    let watched = &after.watched;
    let mut touched = watched.opened.iter().chain(&watched.mapped).chain(&watched.modules);
    let is_there =
        |path: &&String| installed.iter().any(|folder| Path::new(path).starts_with(folder));
    touched.find(is_there).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_and_short_numbers_are_not() {
        assert_eq!(normal("<a at 0x7f01aa22bb> 0x10", &[]), "<a at 0x> 0x10");
        assert_eq!(
            normal("in /one/a.css and /two/a.css", &[Path::new("/one"), Path::new("/two")]),
            "in /a.css and /a.css"
        );
    }
}
