//! The state folder of one service: its paths, its records and its lock. Starts and stops nothing.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::owner::Owner;
use super::record::{FORMAT, Service, Status};

/// The longest record that is read, in bytes; tens of thousands of versions.
const LONGEST_RECORD: u64 = 16 * 1024 * 1024;

/// The state folder of one service.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// Held while a service is changed. Let go when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the unpacked artifacts are.
    pub(crate) fn contents(&self) -> PathBuf {
        self.path.join("contents")
    }

    /// Where the artifact with this content digest is.
    pub(crate) fn content(&self, content_sha256: &str) -> PathBuf {
        self.contents().join(content_sha256)
    }

    /// What the service and its supervisor write.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("service.log")
    }

    /// Held by a supervisor for as long as it lives.
    pub(crate) fn supervisor_lock(&self) -> PathBuf {
        self.path.join("supervisor.lock")
    }

    /// Held by a command while it changes the service.
    pub(crate) fn change_lock(&self) -> PathBuf {
        self.path.join("change.lock")
    }

    fn service_file(&self) -> PathBuf {
        self.path.join("service.json")
    }

    fn owner_file(&self) -> PathBuf {
        self.path.join("project.json")
    }

    fn status_file(&self) -> PathBuf {
        self.path.join("status.json")
    }

    /// The service as it is wanted, when there is one.
    pub(crate) fn service(&self) -> io::Result<Option<Service>> {
        let service: Option<Service> = read(&self.service_file())?;
        match service {
            Some(service) if service.format != FORMAT || service.live().is_none() => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the record has an unknown form"))
            }
            service => Ok(service),
        }
    }

    /// Puts the record in place of the one before, whole or not at all.
    pub(crate) fn write_service(&self, service: &Service) -> io::Result<()> {
        write(&self.service_file(), service)
    }

    /// Whose the service is; nobody's where that is not kept, or not readable.
    pub(crate) fn owner(&self) -> Option<Owner> {
        read(&self.owner_file()).ok().flatten()
    }

    /// It is of another project now.
    pub(crate) fn write_owner(&self, owner: &Owner) -> io::Result<()> {
        write(&self.owner_file(), owner)
    }

    /// What the supervisor last said; nothing when it said nothing readable.
    pub(crate) fn status(&self) -> Option<Status> {
        read(&self.status_file()).ok().flatten()
    }

    /// Puts what the supervisor says in place of what it said before.
    pub(crate) fn write_status(&self, status: &Status) -> io::Result<()> {
        write(&self.status_file(), status)
    }

    /// The supervisor no longer says anything.
    pub(crate) fn clear_status(&self) -> io::Result<()> {
        absent_is_fine(fs::remove_file(self.status_file()))
    }

    /// Makes the folder, for its owner alone.
    pub(crate) fn create(&self) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)
    }

    /// Takes the lock at `path`, or nothing when somebody else holds it.
    ///
    /// A lock file that was unlinked between opening and locking locks nothing; it is not taken.
    pub(crate) fn lock(path: &Path) -> io::Result<Option<Lock>> {
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let same = fs::metadata(path)
            .is_ok_and(|there| file.metadata().is_ok_and(|here| inode(here) == inode(there)));
        Ok(same.then_some(Lock { _file: file }))
    }

    /// True while a supervisor of this folder lives, whether or not it has said so yet.
    pub(crate) fn is_supervised(&self) -> bool {
        let Ok(file) = File::open(self.supervisor_lock()) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }

    /// Removes unpacked artifacts that no version runs, and what an interrupted unpacking left.
    pub(crate) fn sweep(&self, service: Option<&Service>) -> io::Result<()> {
        let entries = match fs::read_dir(self.contents()) {
            Ok(entries) => entries,
            Err(error) => return absent_is_fine(Err(error)),
        };
        for entry in entries {
            let entry = entry?;
            let used = service.is_some_and(|service| {
                service.versions.iter().any(|made| entry.file_name() == *made.content_sha256)
            });
            if !used {
                remove_tree(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Removes a file or a folder with all in it, following no link.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    absent_is_fine(removed)
}

/// What is not there needs no removing.
pub(crate) fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    use std::io::Read;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(LONGEST_RECORD).read_to_end(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

/// Writes beside the file and renames, so that a reader sees the old or the new whole.
fn write<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let beside = path.with_extension("json.new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(record)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("service"));
        folder.create().unwrap();
        (root, folder)
    }

    #[test]
    fn one_holds_the_lock_at_a_time() {
        let (_root, folder) = folder();
        let first = Folder::lock(&folder.change_lock()).unwrap();
        assert!(first.is_some());
        assert!(Folder::lock(&folder.change_lock()).unwrap().is_none());
        drop(first);
        assert!(Folder::lock(&folder.change_lock()).unwrap().is_some());
    }

    #[test]
    fn a_record_of_another_form_is_refused() {
        let (_root, folder) = folder();
        assert_eq!(folder.service().unwrap(), None);
        fs::write(folder.service_file(), b"{\"format\": 1").unwrap();
        assert_eq!(folder.service().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        fs::write(folder.service_file(), b"{\"format\":2,\"port\":1,\"live\":1,\"versions\":[]}")
            .unwrap();
        assert_eq!(folder.service().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn sweeping_leaves_what_a_version_runs() {
        let (_root, folder) = folder();
        for name in ["aa", "bb", "cc.partial"] {
            fs::create_dir_all(folder.content(name).join("deep")).unwrap();
        }
        let made = crate::linux::record::Made {
            id: 1,
            content_sha256: "aa".into(),
            memory_mb: 1,
            timeout_s: 1,
            git_revision: None,
            created_ms: 0,
        };
        let service = Service { format: FORMAT, port: 1, live: 1, versions: vec![made] };
        folder.sweep(Some(&service)).unwrap();
        assert!(folder.content("aa").exists());
        assert!(!folder.content("bb").exists() && !folder.content("cc.partial").exists());
    }
}
