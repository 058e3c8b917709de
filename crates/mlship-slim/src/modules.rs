//! Modules and the files that they are in.

use std::collections::BTreeMap;

use crate::tree::Tree;

/// The modules of a folder of packages.
#[derive(Debug)]
pub(crate) struct Modules {
    /// The file of each module.
    pub(crate) files: BTreeMap<String, String>,
    /// The module of each file.
    pub(crate) names: BTreeMap<String, String>,
}

impl Modules {
    /// Finds the modules of a tree; `tag` is the interpreter's, as `cpython-312`.
    pub(crate) fn of(tree: &Tree, tag: &str) -> Self {
        let mut modules = Self { files: BTreeMap::new(), names: BTreeMap::new() };
        for file in tree.files.keys() {
            let Some(name) = module(file, tag) else { continue };
            modules.names.insert(file.clone(), name.clone());
            let known = modules.files.get(&name);
            // Of a folder and a file of one name the folder is what is imported, and of a library
            // and a source the library.
            let takes =
                |known: &String| is_package(file) || (is_library(file) && !is_package(known));
            if known.is_none_or(takes) {
                modules.files.insert(name, file.clone());
            }
        }
        modules
    }
}

/// Whether a file makes its folder a package.
pub(crate) fn is_package(file: &str) -> bool {
    file == "__init__.py" || file.ends_with("/__init__.py")
}

/// Whether a file is named as shared libraries are: `a.so`, `liba.so.3`.
pub(crate) fn is_library(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let Some((_, rest)) = name.split_once(".so") else { return false };
    rest.is_empty() || rest.starts_with('.') && rest.ends_with(|last: char| last.is_alphanumeric())
}

/// The module that a file is; `None` when it cannot be imported.
fn module(file: &str, tag: &str) -> Option<String> {
    let stem = match file.strip_suffix(".py") {
        Some(stem) => stem,
        None => extension(file.strip_suffix(".so")?, tag)?,
    };
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let is_name = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|first: char| first.is_ascii_digit())
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    stem.split('/').all(is_name).then(|| stem.replace('/', "."))
}

/// The stem of an extension module that this interpreter would load.
fn extension<'a>(stem: &'a str, tag: &str) -> Option<&'a str> {
    let (folder, name) = stem.rsplit_once('/').map_or(("", stem), |(folder, name)| (folder, name));
    let Some((short, suffix)) = name.split_once('.') else { return Some(stem) };
    let loads = suffix == "abi3" || suffix == tag || suffix.starts_with(&format!("{tag}-"));
    let length = if folder.is_empty() { 0 } else { folder.len() + 1 } + short.len();
    loads.then(|| stem.get(..length)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_the_modules_that_an_import_names() {
        let of = |file: &str| module(file, "cpython-311");
        assert_eq!(of("numpy/ma/core.py").as_deref(), Some("numpy.ma.core"));
        assert_eq!(of("numpy/__init__.py").as_deref(), Some("numpy"));
        let library = "numpy/_core/_simd.cpython-311-x86_64-linux-gnu.so";
        assert_eq!(of(library).as_deref(), Some("numpy._core._simd"));
        assert_eq!(of("a/_b.abi3.so").as_deref(), Some("a._b"));
        assert_eq!(of("a/_b.cpython-312-x86_64-linux-gnu.so"), None);
        assert_eq!(of("numpy.libs/libgfortran-1.so"), None);
        assert_eq!(of("a/data.txt"), None);
        assert_eq!(of("a/1b.py"), None);
    }

    #[test]
    fn libraries_are_known_by_their_names() {
        for name in ["a.so", "x/liba.so.3", "liba-12.so.0.3.1", "a.cpython-311-x86_64-linux-gnu.so"]
        {
            assert!(is_library(name), "{name}");
        }
        for name in ["a.py", "a.sock", "a.sorted.txt"] {
            assert!(!is_library(name), "{name}");
        }
    }
}
