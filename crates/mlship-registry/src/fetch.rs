//! Brings a base image's layers into a layout on disk: checked, continued where a run before was
//! cut, and visible only when whole.

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};

use mlship_core::image::{Base, Layer};
use mlship_core::limits::words::{Unit, quantity};
use mlship_core::progress::Progress;
use tokio::io::AsyncWriteExt;

use crate::answer::{self, Call};
use crate::blob;
use crate::connection::{Access, Connection};
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::login::Login;
use crate::pace::Failure;
use crate::reference::Reference;
use crate::verified::Check;

const OPERATION: &str = "fetch the layer";

/// Fetches the layers of `base` that are not yet among the layout's `blobs/sha256`. What is
/// begun lies in `partial/` there until it is whole.
///
/// # Errors
/// The registry does not give them, the bytes are not those of a digest, or the disk refuses.
pub async fn fetch_layers(
    base: &Base,
    login: &Login,
    layout: &Path,
    progress: &dyn Progress,
) -> Result<(), RegistryError> {
    let reference: Reference = base.reference.parse()?;
    let connection = Connection::new(&reference, login, &Access::Pull)?;
    for folder in [blobs(layout), layout.join("partial")] {
        fs::create_dir_all(&folder)
            .map_err(|error| RegistryError::file("make the folder", &folder, error))?;
    }
    for (index, layer) in base.layers.iter().enumerate() {
        let wanted = Wanted::new(layer, layout)?;
        if wanted.to.is_file() {
            continue;
        }
        let (number, count) = (index + 1, base.layers.len());
        let size = quantity(layer.bytes, Unit::Bytes);
        progress.step(&format!("fetching layer {number} of {count} of `{reference}`, {size}"));
        fetch(&connection, &wanted, progress).await?;
    }
    // Only when nothing is left in it.
    fs::remove_dir(layout.join("partial")).ok();
    Ok(())
}

fn blobs(layout: &Path) -> PathBuf {
    layout.join("blobs/sha256")
}

struct Wanted {
    digest: Digest,
    size: u64,
    partial: PathBuf,
    to: PathBuf,
    call: Call,
}

impl Wanted {
    fn new(layer: &Layer, layout: &Path) -> Result<Self, RegistryError> {
        let call = Call::new(OPERATION, &layer.digest);
        let digest = Digest::parse(&layer.digest)
            .ok_or_else(|| call.error(ErrorKind::Local, "it is not a SHA-256 digest"))?;
        let partial = layout.join("partial").join(digest.hex());
        let to = blobs(layout).join(digest.hex());
        Ok(Self { digest, size: layer.bytes, partial, to, call })
    }

    fn failed(&self, error: std::io::Error) -> RegistryError {
        RegistryError::file("write the layer", &self.partial, error)
    }
}

async fn fetch(
    connection: &Connection,
    wanted: &Wanted,
    progress: &dyn Progress,
) -> Result<(), RegistryError> {
    let mut file = open(wanted)?;
    let mut check = seen(wanted, &mut file)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut tries = connection.tries();
    while check.seen() < wanted.size {
        let before = check.seen();
        let got = receive(connection, wanted, &mut file, &mut check, progress).await;
        // What tokio has not written yet must not be lost with the failure.
        file.flush().await.map_err(|error| wanted.failed(error))?;
        let Err(failure) = got else { break };
        if failure.error.kind == ErrorKind::Digest {
            fs::remove_file(&wanted.partial).ok();
        }
        if check.seen() > before {
            tries.went_well();
        }
        tries.after(failure).await?;
    }
    check.see(OPERATION, &[])?;
    file.sync_all().await.map_err(|error| wanted.failed(error))?;
    fs::rename(&wanted.partial, &wanted.to).map_err(|error| wanted.failed(error))
}

fn open(wanted: &Wanted) -> Result<File, RegistryError> {
    let opened = File::options().read(true).append(true).create(true).open(&wanted.partial);
    let file = opened.map_err(|error| wanted.failed(error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(wanted.call.error(ErrorKind::Local, "another run is fetching it"))
        }
        Err(TryLockError::Error(error)) => Err(wanted.failed(error)),
    }
}

/// What a run before has left, hashed; thrown away when it cannot be the blob's beginning.
fn seen(wanted: &Wanted, file: &mut File) -> Result<Check, RegistryError> {
    let mut check = Check::new(&wanted.digest, wanted.size);
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count = file.read(&mut buffer).map_err(|error| wanted.failed(error))?;
        if count == 0 {
            return Ok(check);
        }
        if check.see(OPERATION, &buffer[..count]).is_err() {
            file.set_len(0).map_err(|error| wanted.failed(error))?;
            return Ok(Check::new(&wanted.digest, wanted.size));
        }
    }
}

async fn receive(
    connection: &Connection,
    wanted: &Wanted,
    file: &mut tokio::fs::File,
    check: &mut Check,
    progress: &dyn Progress,
) -> Result<(), Failure> {
    let (mut response, start) =
        blob::open(connection, &wanted.call, &wanted.digest, check.seen()).await?;
    if start != check.seen() {
        file.set_len(0).await.map_err(|error| wanted.failed(error))?;
        *check = Check::new(&wanted.digest, wanted.size);
    }
    while let Some(piece) = answer::piece(&wanted.call, &mut response).await? {
        check.see(OPERATION, &piece)?;
        file.write_all(&piece).await.map_err(|error| wanted.failed(error))?;
        progress.bytes(check.seen(), wanted.size);
    }
    if check.seen() < wanted.size {
        let reason = format!("it ended after {} of {} bytes", check.seen(), wanted.size);
        return Err(wanted.call.error(ErrorKind::Unavailable, reason).into());
    }
    Ok(())
}
