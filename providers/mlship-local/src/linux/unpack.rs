//! Zip artifact to folder, taking the archive for hostile: bounded, never outside the folder,
//! no links, and only when its digest is the one that was planned.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use mlship_core::artifact::{Artifact, Format};
use sha2::{Digest, Sha256};
use zip::ZipArchive;
use zip::result::ZipError;

/// The runtime's name at the top of the archive.
pub(crate) const BOOTSTRAP: &str = "bootstrap";

/// The most entries an archive may have.
const MOST_ENTRIES: usize = 100_000;

/// The longest path of an entry, in bytes.
const LONGEST_NAME: usize = 1024;

/// Why an artifact is not unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("the artifact is an image, and this provider runs zip artifacts")]
    NotZip,
    #[error("the artifact's digest is {got}, not {expected}: it changed since it was packed")]
    Digest { expected: String, got: String },
    #[error("the artifact is not a zip archive that can be read: {0}")]
    Archive(#[from] ZipError),
    #[error("the artifact has {0} entries; at most {MOST_ENTRIES} are unpacked")]
    Entries(usize),
    #[error("the artifact's entry `{0}` would land outside its folder")]
    Outside(String),
    #[error("the artifact's entry `{0}` is neither a file nor a folder")]
    Special(String),
    #[error("the artifact has two entries called `{0}`")]
    Twice(String),
    #[error("the artifact unpacks to more than the {0} bytes it declares")]
    Bomb(u64),
    #[error("the artifact has no program called `{BOOTSTRAP}` at its top")]
    NoBootstrap,
    #[error("the artifact could not be unpacked: {0}")]
    Io(#[from] io::Error),
}

/// Unpacks the artifact to `to`, whole or not at all. `to` must not exist.
pub(crate) fn unpack(artifact: &Artifact, to: &Path) -> Result<(), UnpackError> {
    if artifact.format != Format::Zip {
        return Err(UnpackError::NotZip);
    }
    let mut file = File::open(&artifact.path)?;
    verify(&mut file, &artifact.sha256)?;
    let beside = to.with_extension("partial");
    super::folder::remove_tree(&beside)?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&beside)?;
    let unpacked = extract(file, &beside, artifact.unpacked_bytes);
    let placed = unpacked.and_then(|()| Ok(fs::rename(&beside, to)?));
    if placed.is_err() {
        super::folder::remove_tree(&beside)?;
    }
    placed
}

fn verify(file: &mut File, expected: &str) -> Result<(), UnpackError> {
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
    }
    file.seek(SeekFrom::Start(0))?;
    let got: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if got == expected {
        return Ok(());
    }
    Err(UnpackError::Digest { expected: expected.to_owned(), got })
}

fn extract(file: File, to: &Path, mut allowance: u64) -> Result<(), UnpackError> {
    let declared = allowance;
    let mut archive = ZipArchive::new(io::BufReader::new(file))?;
    if archive.len() > MOST_ENTRIES {
        return Err(UnpackError::Entries(archive.len()));
    }
    let mut seen = HashSet::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let mode = entry.unix_mode().unwrap_or(0o644);
        let path = to.join(inside(&name)?);
        let kind = mode & libc::S_IFMT;
        if entry.is_dir() && (kind == 0 || kind == libc::S_IFDIR) {
            folder(&path)?;
        } else if entry.is_dir() || entry.is_symlink() || !(kind == 0 || kind == libc::S_IFREG) {
            return Err(UnpackError::Special(name));
        } else if seen.insert(path.clone()) {
            allowance -= write(&mut entry, &path, mode, allowance, declared)?;
        } else {
            return Err(UnpackError::Twice(name));
        }
    }
    let runs = |mode: u32| mode & 0o100 != 0;
    match fs::metadata(to.join(BOOTSTRAP)) {
        Ok(bootstrap) if bootstrap.is_file() && runs(mode_of(&bootstrap)) => Ok(()),
        _ => Err(UnpackError::NoBootstrap),
    }
}

/// The entry's path, when every part of it is a plain name.
fn inside(name: &str) -> Result<PathBuf, UnpackError> {
    let outside = || UnpackError::Outside(name.chars().take(80).collect());
    if name.len() > LONGEST_NAME || name.contains(['\0', '\\']) || name.starts_with('/') {
        return Err(outside());
    }
    let path = PathBuf::from(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    (plain && path.components().next().is_some()).then_some(path).ok_or_else(outside)
}

fn folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// Writes one file, and says how many bytes it took of the allowance.
fn write(
    entry: &mut impl Read,
    path: &Path,
    mode: u32,
    allowance: u64,
    declared: u64,
) -> Result<u64, UnpackError> {
    if let Some(parent) = path.parent() {
        folder(parent)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode & 0o755 | 0o400).open(path)?;
    let written = io::copy(&mut entry.take(allowance.saturating_add(1)), &mut file)?;
    if written > allowance {
        return Err(UnpackError::Bomb(declared));
    }
    file.sync_all()?;
    Ok(written)
}

fn mode_of(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_inside() {
        for name in ["bootstrap", "a/b/c", "..a", "a..b/c"] {
            assert_eq!(inside(name).unwrap(), Path::new(name));
        }
        for name in ["", "/", "/etc/passwd", "../a", "a/../../b", "..", ".", "a\\..\\b", "a\0b"] {
            assert!(inside(name).is_err(), "{name:?}");
        }
        assert!(inside(&"a".repeat(LONGEST_NAME + 1)).is_err());
    }
}
