//! Which modules beside a manifest a handler is made of: its own, and those that it imports, found
//! by their `import` lines. A package goes along as a whole folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{add as add_file, refused};
use crate::contents::Contents;
use crate::entry::Part;
use crate::error::PackageError;

/// The most files that code has; more is another folder than was meant.
const MOST_FILES: usize = 10_000;

/// Adds the modules of the handler `module:function` in the folder `root`, and those of `named` that
/// are there.
pub(super) fn add(
    root: &Path,
    handler: &str,
    named: &[String],
    contents: &mut Contents,
) -> Result<(), PackageError> {
    let module = handler.split(':').next().unwrap_or_default();
    let path = module.replace('.', "/");
    let file = format!("{path}.py");
    if !root.join(&file).is_file() && !root.join(&path).join("__init__.py").is_file() {
        let reason = format!("`python.handler` names the module `{module}`, and it is not there");
        return Err(refused(&file, reason));
    }
    let mut seen = BTreeSet::new();
    let mut left: Vec<String> = named.iter().map(|name| top(name).to_owned()).collect();
    left.push(top(module).to_owned());
    while let Some(name) = left.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for path in files(root, &name)? {
            if path.ends_with(".py") {
                let file = root.join(&path);
                let text = fs::read(&file).map_err(PackageError::file("read", &file))?;
                left.extend(imported(&String::from_utf8_lossy(&text)).map(str::to_owned));
            }
            add_file(root, &path, Part::Model, contents)?;
        }
    }
    Ok(())
}

/// The files of a module, or of a package, with forward slashes; none when it is not beside the
/// manifest.
fn files(root: &Path, name: &str) -> Result<Vec<String>, PackageError> {
    let mut found = Vec::new();
    let file = format!("{name}.py");
    if root.join(&file).is_file() {
        found.push(file);
    }
    let mut folders = vec![name.to_owned()];
    while let Some(folder) = folders.pop() {
        let path = root.join(&folder);
        if !path.is_dir() {
            continue;
        }
        let unreadable = |error| PackageError::file("read", &path)(error);
        for entry in fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let inner = format!("{folder}/{name}");
            if name.starts_with('.') || name == "__pycache__" {
                continue;
            }
            match entry.file_type().map_err(unreadable)?.is_dir() {
                true => folders.push(inner),
                // A link to a folder may lead anywhere, and back.
                false if entry.path().is_dir() => {}
                false => found.push(inner),
            }
            if found.len() > MOST_FILES {
                return Err(refused(&folder, format!("it has more than {MOST_FILES} files")));
            }
        }
    }
    // A folder of data that has the name of what is imported from elsewhere.
    let is_code = found.iter().any(|path| path.ends_with(".py"));
    Ok(if is_code { found } else { Vec::new() })
}

/// The first names of what a text imports.
fn imported(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let line = line.trim_start();
        let from = line.strip_prefix("from ").into_iter();
        let plain = line.strip_prefix("import ").into_iter().flat_map(|rest| rest.split(','));
        from.chain(plain).map(top).filter(|name| !name.is_empty())
    })
}

/// The first name of a dotted one; empty for a relative one.
fn top(dotted: &str) -> &str {
    let dotted = dotted.trim_start();
    let end = dotted.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(dotted.len());
    &dotted[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_by_their_lines() {
        let text = "import os, a.b as c\nfrom d.e import f\n    import g;\nfrom . import h\n\
                    important = 1\nfrom i import (\n  j,\n)\n";
        assert_eq!(imported(text).collect::<Vec<_>>(), ["os", "a", "d", "g", "i"]);
    }

    #[test]
    fn a_handler_brings_what_it_imports_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for (path, text) in [
            ("app.py", "import json\nfrom features import x\nimport os, data"),
            ("features/__init__.py", "from .columns import x\nimport helper"),
            ("features/columns.py", ""),
            ("features/words.txt", "a"),
            ("features/.hidden", ""),
            ("features/__pycache__/columns.pyc", ""),
            ("helper.py", "import app"),
            ("json/notes.txt", ""),
            ("data/table.csv", ""),
            ("other.py", ""),
        ] {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let listed = |handler: &str| {
            let mut contents = Contents::default();
            let named = ["helper.deeper".to_owned(), "numpy".to_owned()];
            let named = if handler == "other:f" { &named[..] } else { &[] };
            add(root, handler, named, &mut contents)?;
            let entries = contents.entries().iter();
            Ok::<_, PackageError>(entries.map(|entry| entry.path.clone()).collect::<Vec<_>>())
        };
        let features = ["features/__init__.py", "features/columns.py", "features/words.txt"];
        let all: Vec<_> = ["app.py"].into_iter().chain(features).chain(["helper.py"]).collect();
        assert_eq!(listed("app:predict").unwrap(), all);
        assert_eq!(listed("features.columns:f").unwrap(), all);
        // What a pickle names goes along, and what that imports.
        let other: Vec<_> = all.iter().chain(&["other.py"]).copied().collect();
        assert_eq!(listed("other:f").unwrap(), other);
        assert!(listed("data:f").is_err());
        assert!(listed("features.nothing:f").is_err());
    }
}
