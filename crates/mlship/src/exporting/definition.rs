//! What `--definition` names: a callable in a file, or in a module by its name.

use std::path::{Path, PathBuf};

use mlship_export::Definition;

use super::absolute;
use crate::failure::Failure;

/// A callable, and where it is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    place: Place,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// A file that is there; absolute.
    File(PathBuf),
    /// A module by its name: `mynets.cnn`.
    Module(String),
}

/// What `--definition` says.
pub(super) fn named(text: &str) -> Result<Named, String> {
    let wanted = "it is a Python file or a module, and a name in it, as in model.py:Net or \
                  mynets.cnn:Net";
    let (place, name) = text.rsplit_once(':').ok_or(wanted)?;
    if !is_word(name) {
        return Err(wanted.into());
    }
    let place = if Path::new(place).extension().is_some_and(|ending| ending == "py") {
        let file = std::fs::canonicalize(place)
            .map_err(|error| format!("`{place}` cannot be found: {error}"))?;
        Place::File(file)
    } else if place.split('.').all(is_word) {
        Place::Module(place.into())
    } else {
        return Err(wanted.into());
    };
    Ok(Named { place, name: name.into() })
}

/// Whether Python takes it for a name.
fn is_word(text: &str) -> bool {
    let starts = text.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    starts && text.chars().all(|one| one.is_alphanumeric() || one == '_')
}

impl Named {
    /// Where it is: a module is looked for in the current folder, and in that of the model.
    pub(super) fn found(&self, model: &Path) -> Result<Definition, Failure> {
        match &self.place {
            Place::File(file) => Ok(Definition::in_file(file.clone(), &self.name)),
            Place::Module(module) => {
                let here = absolute(Path::new("."))?;
                let folder = model.parent().filter(|folder| !folder.as_os_str().is_empty());
                let beside = absolute(folder.unwrap_or(Path::new(".")))?;
                Definition::in_module(module, &self.name, &[here, beside]).ok_or_else(|| {
                    Failure::usage(format!(
                        "there is no module `{module}` in this folder, nor in that of the model"
                    ))
                    .hint(format!("name its file: --definition PATH.py:{}", self.name))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_files_or_modules_and_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.py");
        std::fs::write(&file, "").unwrap();
        let found = named(&format!("{}:Net", file.display())).unwrap();
        assert_eq!(
            (found.place, found.name.as_str()),
            (Place::File(file.canonicalize().unwrap()), "Net")
        );
        let found = named("mynets.cnn:Net").unwrap();
        assert_eq!(found.place, Place::Module("mynets.cnn".into()));
        // Beside the model.
        assert!(named("model:Net").unwrap().found(&folder.path().join("a.pt")).is_ok());
        assert!(named("other:Net").unwrap().found(&folder.path().join("a.pt")).is_err());
        let wrong =
            ["model.py", "a/model:Net", "model.py:", "model.py:a b", "/nowhere/m.py:Net", ".a:Net"];
        for wrong in wrong {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
