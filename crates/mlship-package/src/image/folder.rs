//! An image's folder in the OCI layout
//! (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>): written so that it
//! is whole once it has an index, and read with every length checked.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::ImageError;
use super::media::INDEX;
use crate::digest::{Hashed, sha256};
use crate::error::PackageError;

/// The file that says that a folder is in this layout, and what stands in it.
pub(super) const MARK: (&str, &str) = ("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");

/// The file that names the manifest. A folder without it is no image.
pub(super) const INDEX_FILE: &str = "index.json";

/// Where blobs are, by the hex of their digests.
pub(super) const BLOBS: &str = "blobs/sha256";

/// Where blobs are until their digests are known.
const PARTIAL: &str = "partial";

/// A longer manifest, index or configuration is refused: registries take no longer ones.
pub(super) const DOCUMENT_BYTES: u64 = 4 << 20;

/// A blob, as manifests refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Descriptor {
    #[serde(rename = "mediaType")]
    pub(super) media_type: String,
    /// `sha256:…`.
    pub(super) digest: String,
    pub(super) size: u64,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) annotations: Map<String, Value>,
}

/// What an image consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    #[serde(rename = "schemaVersion")]
    pub(super) schema_version: u32,
    #[serde(rename = "mediaType")]
    pub(super) media_type: String,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) annotations: Map<String, Value>,
}

/// A folder that an image is written into.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Opens the folder for another image: from now on, until [`Folder::seal`], it is none.
    pub(super) fn open(path: &Path) -> Result<Self, PackageError> {
        let folder = Self(path.to_owned());
        refuse_foreign(path)?;
        remove(&path.join(INDEX_FILE))?;
        remove(&path.join(PARTIAL))?;
        for needed in [BLOBS, PARTIAL] {
            let needed = path.join(needed);
            fs::create_dir_all(&needed).map_err(PackageError::file("write", needed))?;
        }
        let mark = path.join(MARK.0);
        fs::write(&mark, MARK.1).map_err(PackageError::file("write", mark))?;
        Ok(folder)
    }

    /// Where the blob of the working name `name` is, until its digest is known.
    pub(super) fn partial(&self, name: &str) -> PathBuf {
        self.0.join(PARTIAL).join(name)
    }

    /// Begins a blob of the working name `name`.
    pub(super) fn begin(&self, name: &str) -> Result<Hashed<BufWriter<File>>, PackageError> {
        let path = self.partial(name);
        let file = File::create(&path).map_err(PackageError::file("write", path))?;
        Ok(Hashed::new(BufWriter::with_capacity(1 << 18, file)))
    }

    /// Puts a blob that is written under its digest, and says how it is referred to.
    pub(super) fn keep(
        &self,
        name: &str,
        media_type: &str,
        blob: Hashed<BufWriter<File>>,
    ) -> Result<Descriptor, PackageError> {
        let (mut file, digest, size) = blob.into_parts();
        let (from, to) = (self.partial(name), self.0.join(BLOBS).join(&digest));
        // A file of this name may be there already, and then has the same bytes unless a machine
        // went down while it was written: the one in hand is the better of the two.
        file.flush()
            .and_then(|()| fs::rename(from, &to))
            .map_err(PackageError::file("write", to))?;
        let digest = format!("sha256:{digest}");
        Ok(Descriptor { media_type: media_type.into(), digest, size, annotations: Map::new() })
    }

    /// Adds a blob whose bytes are in memory.
    pub(super) fn put(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, PackageError> {
        let name = sha256(bytes);
        let mut blob = self.begin(&name)?;
        blob.write_all(bytes).map_err(PackageError::file("write", self.partial(&name)))?;
        self.keep(&name, media_type, blob)
    }

    /// Writes the manifest and the index, and removes blobs of other images.
    pub(super) fn seal(&self, manifest: &Manifest) -> Result<Descriptor, PackageError> {
        let text = serde_json::to_vec(manifest).unwrap_or_default();
        let descriptor = self.put(&manifest.media_type, &text)?;
        let needed: BTreeSet<&str> =
            manifest.blobs().chain([&descriptor]).map(Descriptor::hex).collect();
        self.sweep(&needed)?;
        let write = |name: &str, bytes: &[u8]| {
            let (from, to) = (self.partial(name), self.0.join(name));
            fs::write(&from, bytes)
                .and_then(|()| fs::rename(from, &to))
                .map_err(PackageError::file("write", to))
        };
        write(MARK.0, MARK.1.as_bytes())?;
        write(INDEX_FILE, &index(&descriptor))?;
        Ok(descriptor)
    }

    fn sweep(&self, needed: &BTreeSet<&str>) -> Result<(), PackageError> {
        let blobs = self.0.join(BLOBS);
        for entry in fs::read_dir(&blobs).map_err(PackageError::file("read", &blobs))? {
            let entry = entry.map_err(PackageError::file("read", &blobs))?;
            if !needed.contains(&*entry.file_name().to_string_lossy()) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// A folder with anything in it that is not in this layout is somebody's own, and nothing in it is
/// removed or written over; nor is what a link in it leads to.
fn refuse_foreign(path: &Path) -> Result<(), PackageError> {
    let foreign = |reason: &str| {
        let reason = reason.to_owned();
        Err(ImageError::Layout { folder: path.to_owned(), reason }.into())
    };
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.is_dir() {
        return foreign("there is something else of that name");
    }
    let mut entries = fs::read_dir(path).map_err(PackageError::file("read", path))?;
    if entries.next().is_some() && !path.join(MARK.0).is_file() {
        return foreign("the folder is not empty and holds no image; name another");
    }
    let linked =
        |part: &str| fs::symlink_metadata(path.join(part)).is_ok_and(|found| found.is_symlink());
    match ["blobs", BLOBS, PARTIAL].into_iter().find(|part| linked(part)) {
        Some(_) => foreign("it has links where an image has folders; name another"),
        None => Ok(()),
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is of no use, and the next one that opens the folder removes it too.
        let _ = fs::remove_dir_all(self.0.join(PARTIAL));
    }
}

impl Descriptor {
    /// The digest without its algorithm.
    pub(super) fn hex(&self) -> &str {
        self.digest.strip_prefix("sha256:").unwrap_or(&self.digest)
    }
}

impl Manifest {
    /// Configuration and layers.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        [&self.config].into_iter().chain(&self.layers)
    }

    /// Bytes of all layers, as they are sent.
    pub(super) fn layer_bytes(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size))
    }
}

/// The index of one manifest.
pub(super) fn index(manifest: &Descriptor) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]})
        .to_string()
        .into_bytes()
}

/// The one manifest of the image in `folder`, and how the index refers to it.
pub(super) fn read(folder: &Path) -> Result<(Descriptor, Manifest), PackageError> {
    let wrong = |reason: String| ImageError::Layout { folder: folder.to_owned(), reason };
    let text = document(&folder.join(INDEX_FILE))?;
    let index: Value = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("its index is not JSON: {error}")))?;
    let manifests = index["manifests"].as_array().map_or(&[][..], Vec::as_slice);
    let [manifest] = manifests else {
        return Err(wrong(format!("it has {} manifests instead of one", manifests.len())).into());
    };
    let descriptor = Descriptor::deserialize(manifest)
        .map_err(|error| wrong(format!("its index cannot be understood: {error}")))?;
    let text = document(&blob(folder, &descriptor)?)?;
    if sha256(&text) != descriptor.hex() {
        return Err(
            wrong("its manifest does not have the digest that it is called by".into()).into()
        );
    }
    let manifest = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("its manifest cannot be understood: {error}")))?;
    Ok((descriptor, manifest))
}

/// Where a blob is in `folder`, whether it is there or not.
pub(super) fn blob(folder: &Path, descriptor: &Descriptor) -> Result<PathBuf, PackageError> {
    let hex = descriptor.digest.strip_prefix("sha256:").filter(|hex| is_hex(hex));
    let hex = hex.ok_or_else(|| ImageError::Layout {
        folder: folder.to_owned(),
        reason: format!("`{}` is no SHA-256 digest", descriptor.digest),
    })?;
    Ok(folder.join(BLOBS).join(hex))
}

/// True for the hex of a SHA-256.
pub(super) fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Removes a file or a folder, which may be gone already.
fn remove(path: &Path) -> Result<(), PackageError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PackageError::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn document(path: &Path) -> Result<Vec<u8>, PackageError> {
    let bytes = fs::metadata(path).map_err(PackageError::file("read", path))?.len();
    if bytes > DOCUMENT_BYTES {
        let long = io::Error::other(format!("it has {bytes} bytes"));
        return Err(PackageError::file("read", path)(long));
    }
    fs::read(path).map_err(PackageError::file("read", path))
}
