//! Reads a bundle's own description from its folder. Does not read the model.

use std::path::{Component, Path, PathBuf};

use mlship_bundle::{Bundle, FILE, FORMAT};
use serde::Deserialize;

use crate::engine::EngineError;
use crate::fetch::FetchError;

/// Why a bundle cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `bundle.json` is not what this runtime reads.
    #[error("`{}` is not a bundle: {cause}", path.display())]
    NotABundle {
        /// The file.
        path: PathBuf,
        /// Where it differs.
        cause: serde_json::Error,
    },
    /// The bundle was made for another runtime.
    #[error("the bundle has format {found}; this runtime reads format {FORMAT}")]
    Format {
        /// The bundle's format.
        found: u32,
    },
    /// A path that leads out of the bundle.
    #[error("`{0}` is not a path inside the bundle")]
    Outside(String),
    /// The parts of the description contradict each other.
    #[error("the bundle contradicts itself: {0}")]
    Contradiction(String),
    /// The engine is not in this build.
    #[error("this runtime has no {0} engine")]
    NoEngine(&'static str),
    /// The Python process of the user's own code cannot be started.
    #[error("the python worker cannot be started: {0}")]
    Worker(String),
    /// The user's own code cannot be loaded.
    #[error("the handler cannot be loaded: {0}")]
    Handler(String),
    /// A form of a request that the bundle asks for is not in this build.
    #[error("this runtime does not read {0}")]
    NoFormat(&'static str),
    /// The tokenizer's file is not one, or does not fit the bundle.
    #[error("the tokenizer cannot be loaded: {0}")]
    Tokenizer(EngineError),
    /// 16-bit weights cannot be made into 32-bit ones.
    #[error(
        "cannot widen `{}` into `{}`: {source}; it takes scratch disk (`resources.disk-mb`) of \
         twice its length", path.display(), scratch.display()
    )]
    Widen {
        /// The file.
        path: PathBuf,
        /// Where to.
        scratch: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of the model cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The engine refuses the model.
    #[error("the model cannot be loaded: {0}")]
    Engine(#[from] EngineError),
}

/// Reads `bundle.json` in `folder`.
///
/// # Errors
/// When it is absent, of another format, or not understood in full.
pub fn read(folder: &Path) -> Result<Bundle, LoadError> {
    let path = folder.join(FILE);
    let text =
        std::fs::read(&path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
    let not_a_bundle = |cause| LoadError::NotABundle { path: path.clone(), cause };
    let Version { format } = serde_json::from_slice(&text).map_err(not_a_bundle)?;
    if format != FORMAT {
        return Err(LoadError::Format { found: format });
    }
    serde_json::from_slice(&text).map_err(not_a_bundle)
}

/// The place of a file that the bundle names.
///
/// # Errors
/// When the name leads out of the folder.
pub fn path_in(folder: &Path, name: &str) -> Result<PathBuf, LoadError> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !inside {
        return Err(LoadError::Outside(name.to_owned()));
    }
    Ok(folder.join(path))
}

/// Read first and alone, since a bundle of another format may differ in everything else.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside() {
        let folder = Path::new("/bundle");
        assert_eq!(path_in(folder, "a/b").unwrap(), Path::new("/bundle/a/b"));
        for name in ["", "/etc/passwd", "../x", "a/../../x", "."] {
            assert!(matches!(path_in(folder, name), Err(LoadError::Outside(_))), "{name}");
        }
    }

    #[test]
    fn another_format_is_refused_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), r#"{"format": 7, "shape": "unheard of"}"#)
            .unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "the bundle has format 7; this runtime reads format 1");
    }
}
