//! Where the class of a torch module is: in a file of its own, or in a package.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// What makes a file's folder a package.
const PACKAGE: &str = "__init__.py";

/// A callable in a Python file: called without arguments, it gives a torch module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The file; absolute.
    file: PathBuf,
    /// The folder that it is imported from.
    root: PathBuf,
    /// The module, as an import of it from there has it: `nets`, `mynets.cnn`.
    module: String,
    /// The callable's name.
    name: String,
}

impl Definition {
    /// The callable of this name in a file, whose path is absolute. A file in a package is imported as
    /// its module, from the folder above the outermost package: it may import from beside itself.
    pub fn in_file(file: PathBuf, name: impl Into<String>) -> Self {
        let folder = |path: &Path| path.parent().unwrap_or(Path::new("/")).to_owned();
        let named =
            |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut root = folder(&file);
        let is_package_itself = file.file_name().is_some_and(|name| name == PACKAGE);
        let mut parts = if is_package_itself { Vec::new() } else { vec![named(&file)] };
        while root.join(PACKAGE).is_file() && root.file_name().is_some() {
            // A folder's name may have a dot in it, and no part of it is an ending.
            parts.insert(0, root.file_name().unwrap_or_default().to_string_lossy().into_owned());
            root = folder(&root);
        }
        Self { file, root, module: parts.join("."), name: name.into() }
    }

    /// The callable of this name in a module, `mynets.cnn`, which is in the first of these folders that
    /// has it; their paths are absolute.
    pub fn in_module(module: &str, name: impl Into<String>, folders: &[PathBuf]) -> Option<Self> {
        let inner: PathBuf = module.split('.').collect();
        let (root, file) = folders.iter().find_map(|folder| {
            let files =
                [folder.join(&inner).with_extension("py"), folder.join(&inner).join(PACKAGE)];
            files.into_iter().find(|file| file.is_file()).map(|file| (folder.clone(), file))
        })?;
        Some(Self { file, root, module: module.into(), name: name.into() })
    }

    /// What the converter reads.
    pub(crate) fn json(&self) -> Value {
        let Self { file, root, module, name } = self;
        json!({"file": file, "root": root, "module": module, "name": name})
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_in_a_package_is_its_module_and_others_are_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::create_dir_all(root.join("nets/deep")).unwrap();
        for file in ["nets/__init__.py", "nets/deep/__init__.py", "nets/deep/cnn.py", "alone.py"] {
            fs::write(root.join(file), "").unwrap();
        }
        for (file, module) in [
            ("nets/deep/cnn.py", "nets.deep.cnn"),
            ("nets/__init__.py", "nets"),
            ("alone.py", "alone"),
        ] {
            let found = Definition::in_file(root.join(file), "Net");
            assert_eq!((found.root, found.module.as_str()), (root.clone(), module));
        }
        let folders = [root.join("nets"), root.clone()];
        let found = Definition::in_module("nets.deep.cnn", "Net", &folders).unwrap();
        assert_eq!((&found.root, found.file), (&root, root.join("nets/deep/cnn.py")));
        let found = Definition::in_module("deep", "Net", &folders).unwrap();
        assert_eq!(found.file, root.join("nets/deep/__init__.py"));
        assert_eq!(Definition::in_module("nets.wide", "Net", &folders), None);
    }
}
