//! The folder that fetched files are kept in, each under its digest, and what is known of them.
//!
//! `<sha256>` is a whole file, `.part` one on its way, `.lock` held by the process that brings it,
//! `.checked` says which file on the disk had that digest, so that a later start need not read it.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use mlship_bundle::Fetched;

use super::{FetchError, part};

/// Changes with every start of the system: after one, what was written just before may be lost.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// A folder that is this user's alone.
pub(super) struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Opens the folder `mlship` inside `around`; makes what is missing of them.
    pub(super) fn open(around: &Path) -> Result<Self, FetchError> {
        let folder = around.join("mlship");
        let kept = |source| FetchError::Keep { path: folder.clone(), source };
        fs::create_dir_all(around).map_err(kept)?;
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(kept(error)),
            _ => {}
        }
        let found = fs::symlink_metadata(&folder).map_err(kept)?;
        let own = found.uid() == rustix::process::geteuid().as_raw();
        match found.is_dir() && own && found.permissions().mode() & 0o022 == 0 {
            true => Ok(Self { folder }),
            false => Err(FetchError::Shared(folder)),
        }
    }

    /// A file, whole.
    pub(super) fn path(&self, file: &Fetched) -> PathBuf {
        self.folder.join(&file.sha256)
    }

    /// A file on its way.
    pub(super) fn part(&self, file: &Fetched) -> PathBuf {
        self.folder.join(format!("{}.part", file.sha256))
    }

    /// Another file or folder in here.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Waits until no other process brings the file. The lock ends with its process.
    pub(super) fn lock(&self, file: &Fetched) -> Result<File, FetchError> {
        let path = self.folder.join(format!("{}.lock", file.sha256));
        let kept = |source| FetchError::Keep { path: path.clone(), source };
        let lock = File::create(&path).map_err(kept)?;
        lock.lock().map_err(kept)?;
        Ok(lock)
    }

    /// True when the file is here and is what the bundle says. One that is not is removed.
    pub(super) fn has(&self, file: &Fetched) -> Result<bool, FetchError> {
        let path = self.path(file);
        let kept = |source| FetchError::Keep { path: path.clone(), source };
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(kept(error)),
        };
        if found.is_file() && found.len() == file.bytes {
            let checked = fs::read_to_string(self.checked(file));
            if mark(&found).is_some_and(|mark| checked.is_ok_and(|checked| checked == mark)) {
                return Ok(true);
            }
            if part::sha256(&path).map_err(kept)? == file.sha256 {
                self.remember(file);
                return Ok(true);
            }
        }
        fs::remove_file(&path).map_err(kept)?;
        Ok(false)
    }

    /// Gives a part that was checked the name of the whole.
    pub(super) fn keep(&self, file: &Fetched) -> Result<(), FetchError> {
        let path = self.path(file);
        fs::rename(self.part(file), &path)
            .map_err(|source| FetchError::Keep { path: path.clone(), source })?;
        self.remember(file);
        Ok(())
    }

    /// Refuses to begin what cannot be ended.
    pub(super) fn check_room<'a>(
        &self,
        missing: impl Iterator<Item = &'a Fetched>,
    ) -> Result<(), FetchError> {
        let needed = missing.fold(0u64, |sum, file| {
            let have = fs::metadata(self.part(file)).map_or(0, |part| part.len());
            sum.saturating_add(file.bytes.saturating_sub(have))
        });
        // A file system that does not say is tried.
        let Ok(room) = rustix::fs::statvfs(&self.folder) else { return Ok(()) };
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        match needed > free {
            true => Err(FetchError::Room { folder: self.folder.clone(), needed, free }),
            false => Ok(()),
        }
    }

    fn checked(&self, file: &Fetched) -> PathBuf {
        self.folder.join(format!("{}.checked", file.sha256))
    }

    /// Notes which file was found to be the right one. Without the note it is read again.
    fn remember(&self, file: &Fetched) {
        if let Some(mark) = fs::metadata(self.path(file)).ok().as_ref().and_then(mark) {
            let _ = fs::write(self.checked(file), mark);
        }
    }
}

/// What another file, or the same one changed, does not share.
fn mark(file: &Metadata) -> Option<String> {
    let boot = fs::read_to_string(BOOT).ok()?;
    let (device, inode) = (file.dev(), file.ino());
    let (seconds, nanoseconds, bytes) = (file.mtime(), file.mtime_nsec(), file.len());
    Some(format!("{} {device} {inode} {seconds}.{nanoseconds} {bytes}", boot.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let around = tempfile::tempdir().unwrap();
        assert!(Scratch::open(around.path()).is_ok());
        let folder = around.path().join("mlship");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(Scratch::open(around.path()), Err(FetchError::Shared(_))));
        fs::remove_dir(&folder).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &folder).unwrap();
        assert!(matches!(Scratch::open(around.path()), Err(FetchError::Shared(_))));
    }

    #[test]
    fn a_kept_file_that_was_changed_is_not_taken() {
        let around = tempfile::tempdir().unwrap();
        let scratch = Scratch::open(around.path()).unwrap();
        let bytes = b"weights";
        let sha256 =
            super::super::s3::hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        let file = Fetched { path: "w".into(), url: None, sha256, bytes: bytes.len() as u64 };
        assert!(!scratch.has(&file).unwrap());
        fs::write(scratch.part(&file), bytes).unwrap();
        scratch.keep(&file).unwrap();
        assert!(scratch.has(&file).unwrap());
        // The note alone makes no file the right one, whatever is in it.
        fs::write(scratch.checked(&file), "note").unwrap();
        assert!(scratch.has(&file).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(scratch.path(&file), b"Weights").unwrap();
        assert!(!scratch.has(&file).unwrap());
        assert!(!scratch.path(&file).exists());
        fs::write(scratch.path(&file), b"weight").unwrap();
        assert!(!scratch.has(&file).unwrap());
    }
}
