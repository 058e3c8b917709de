//! Puts an artifact's files into a folder, with their modes.

use std::fs::{self, File, Permissions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// Unpacks a zip, a gzipped tar, or the tars of an image's layers one after the other. Of these,
/// only what is below `within` is put there; an empty text is all.
///
/// # Errors
/// When it is none of them, or a path leads outside.
pub(crate) fn unpack(artifact: &[u8], within: &str, to: &Path) -> Result<(), String> {
    let done = match artifact {
        [b'P', b'K', ..] => zip(artifact, to),
        [0x1f, 0x8b, ..] => tars(GzDecoder::new(artifact), "", to),
        layers => tars(layers, within, to),
    };
    done.map_err(|error| format!("could not unpack the artifact: {error}"))
}

fn zip(artifact: &[u8], to: &Path) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(artifact))?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = entry.enclosed_name().ok_or_else(|| io::Error::other("a path leads outside"))?;
        if entry.is_dir() {
            continue;
        }
        let mode = entry.unix_mode().unwrap_or(0o644);
        place(&mut entry, &to.join(path), mode)?;
    }
    Ok(())
}

fn tars(artifact: impl Read, within: &str, to: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(artifact);
    archive.set_ignore_zeros(true);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path: PathBuf = entry.path()?.components().collect();
        let path = path.strip_prefix("/").unwrap_or(&path);
        let Ok(path) = path.strip_prefix(within) else { continue };
        if !entry.header().entry_type().is_file()
            || path.components().any(|part| part.as_os_str() == "..")
        {
            continue;
        }
        let mode = entry.header().mode()?;
        let path = to.join(path);
        place(&mut entry, &path, mode)?;
    }
    Ok(())
}

fn place(from: &mut impl Read, path: &Path, mode: u32) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    io::copy(from, &mut file)?;
    file.set_permissions(Permissions::from_mode(mode & 0o777))
}
