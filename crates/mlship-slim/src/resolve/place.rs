//! Where in a requirements file a package is asked for.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::ResolveError;

/// A line of a requirements file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; `None` when the file does not name the package itself, because another
    /// package asks for it.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}", self.file.display()),
            None => write!(formatter, "{}", self.file.display()),
        }
    }
}

/// A requirements file and its lines.
#[derive(Debug)]
pub(super) struct Requirements {
    file: PathBuf,
    text: String,
}

/// Reads a requirements file.
pub(super) fn read(file: &Path) -> Result<Requirements, ResolveError> {
    let text = fs::read_to_string(file).map_err(|source| ResolveError::File {
        operation: "read",
        path: file.to_owned(),
        source,
    })?;
    Ok(Requirements { file: file.to_owned(), text })
}

impl Requirements {
    /// Where the package is asked for.
    pub(super) fn of(&self, package: &str) -> Place {
        let package = normal(package);
        let asks = |line: &str| normal(name_of(line)) == package;
        let line = self.text.lines().position(asks).map(|index| index + 1);
        Place { file: self.file.clone(), line }
    }

    /// The line in which the byte at `position` is.
    pub(super) fn at(&self, position: usize) -> Place {
        let before = self.text.get(..position).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        Place { file: self.file.clone(), line: Some(line) }
    }

    /// The packages that the file names itself, and where.
    pub(super) fn asked(&self) -> impl Iterator<Item = (&str, Place)> {
        let lines = self.text.lines().enumerate();
        lines.filter_map(|(index, line)| {
            let name = name_of(line);
            let place = Place { file: self.file.clone(), line: Some(index + 1) };
            (!name.is_empty()).then_some((name, place))
        })
    }
}

/// The package that a line asks for; empty when it asks for none.
fn name_of(line: &str) -> &str {
    let line = line.trim();
    let end = line.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter));
    let name = &line[..end.unwrap_or(line.len())];
    if name.starts_with('-') { "" } else { name }
}

/// Names of packages are compared without case, and with one kind of dash.
pub(super) fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            _ => normal.push(letter.to_ascii_lowercase()),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_the_name_of_the_package() {
        let text = "# what it needs\nnumpy>=2\nScikit_Learn[all] == 1.9.1 ; x\n-r more.txt\n";
        let file = Requirements { file: "r.txt".into(), text: text.into() };
        assert_eq!(file.of("numpy").to_string(), "r.txt:2");
        assert_eq!(file.of("scikit-learn").to_string(), "r.txt:3");
        assert_eq!(file.of("scipy").to_string(), "r.txt");
        assert_eq!(file.at(20).to_string(), "r.txt:2");
        assert_eq!(file.asked().count(), 2);
    }
}
