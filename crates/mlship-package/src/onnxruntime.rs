//! The library of ONNX Runtime: one version, known by its digests, taken out of the wheel that its
//! makers publish or from where that is installed. Fetches nothing.

mod pinned;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ::zip::ZipArchive;

use pinned::{FILES, Pinned};
pub use pinned::{PLATFORM, PYTHON, VERSION, WHEEL_SHA256};

use crate::contents::Contents;
use crate::digest::{sha256, sha256_of_file};
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;

/// The files in one folder, checked.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    folder: PathBuf,
}

/// Why what was named is not the library.
#[derive(Debug, thiserror::Error)]
pub enum OnnxRuntimeError {
    /// It could not be read, or not be kept.
    #[error("could not {operation} `{}`: {source}", path.display())]
    File {
        /// `read` or `write`.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One of the files is another.
    #[error("`{file}` of `{}` is not that of ONNX Runtime {VERSION}: it has the SHA-256 {found}", from.display())]
    Other {
        /// Its name in the wheel.
        file: &'static str,
        /// What was named.
        from: PathBuf,
        /// The digest that it has.
        found: String,
    },
}

impl OnnxRuntime {
    /// The files kept in `folder`; `None` when they are not there.
    ///
    /// # Errors
    /// When one of them is another file.
    pub fn kept(folder: &Path) -> Result<Option<Self>, OnnxRuntimeError> {
        for pinned in FILES {
            let path = folder.join(pinned.name);
            if !path.exists() {
                return Ok(None);
            }
            let found = sha256_of_file(&path).map_err(|error| unreadable(&path, error))?;
            check(pinned, folder, found)?;
        }
        Ok(Some(Self { folder: folder.to_owned() }))
    }

    /// Takes the files from a wheel, from the folder `onnxruntime` of an installed one, or from beside
    /// the library in it, and keeps them in `folder`, which appears only when they are whole.
    ///
    /// # Errors
    /// When they cannot be read or kept, or one is another file.
    pub fn take(from: &Path, folder: &Path) -> Result<Self, OnnxRuntimeError> {
        let partial = folder.with_extension(format!("partial-{}", std::process::id()));
        let unwritable =
            |source| OnnxRuntimeError::File { operation: "write", path: partial.clone(), source };
        fs::create_dir_all(&partial).map_err(unwritable)?;
        let taken = (|| {
            for pinned in FILES {
                let bytes = read(from, pinned)?;
                check(pinned, from, sha256(&bytes))?;
                fs::write(partial.join(pinned.name), bytes).map_err(unwritable)?;
            }
            // Another process may have been faster: its files are the same.
            match fs::rename(&partial, folder) {
                Err(_) if folder.join(FILES[0].name).exists() => Ok(()),
                renamed => renamed.map_err(unwritable),
            }
        })();
        // What is left of it is of no use.
        let _ = fs::remove_dir_all(&partial);
        taken.map(|()| Self { folder: folder.to_owned() })
    }

    /// Puts the library and its licences into a bundle.
    pub fn add_to(&self, contents: &mut Contents) {
        for pinned in FILES {
            let to = format!("{}/{}", mlship_bundle::LIBRARIES, pinned.name);
            let from = Source::File(self.folder.join(pinned.name));
            contents.add_to(Part::Engine, to, Mode::Plain, from);
        }
    }

    /// Bytes of all of it.
    pub const fn bytes() -> u64 {
        let mut bytes = 0;
        let mut at = 0;
        while at < FILES.len() {
            bytes += FILES[at].bytes;
            at += 1;
        }
        bytes
    }

    /// The library's file.
    pub fn library(&self) -> PathBuf {
        self.folder.join(mlship_bundle::ONNXRUNTIME_FILE)
    }
}

fn check(pinned: &Pinned, from: &Path, found: String) -> Result<(), OnnxRuntimeError> {
    match found == pinned.sha256 {
        true => Ok(()),
        false => Err(OnnxRuntimeError::Other { file: pinned.path, from: from.to_owned(), found }),
    }
}

/// A file's bytes, no more than the right one has.
fn read(from: &Path, pinned: &Pinned) -> Result<Vec<u8>, OnnxRuntimeError> {
    let failed =
        |source| OnnxRuntimeError::File { operation: "read", path: from.to_owned(), source };
    let mut bytes = Vec::new();
    if from.is_file() && from.extension().is_some_and(|ending| ending == "whl") {
        let file = File::open(from).map_err(failed)?;
        let mut wheel = ZipArchive::new(file).map_err(|error| failed(error.into()))?;
        let name = format!("onnxruntime/{}", pinned.path);
        let entry = wheel.by_name(&name).map_err(|error| failed(error.into()))?;
        entry.take(pinned.bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    let path = installed(from).join(pinned.path);
    let failed = |source| OnnxRuntimeError::File { operation: "read", path: path.clone(), source };
    let file = File::open(&path).map_err(failed)?;
    file.take(pinned.bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// The folder of the installed package, which may be named by its library.
fn installed(from: &Path) -> PathBuf {
    let package = from.is_file().then(|| from.parent()?.parent()).flatten();
    package.unwrap_or(from).to_owned()
}

fn unreadable(path: &Path, error: PackageError) -> OnnxRuntimeError {
    let source = match error {
        PackageError::File { source, .. } => source,
        error => io::Error::other(error),
    };
    OnnxRuntimeError::File { operation: "read", path: path.to_owned(), source }
}
