//! Reads an image from a folder in the OCI layout
//! (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>).

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::answer::Call;
use crate::digest::Digest;
use crate::error::{ErrorKind, RegistryError};
use crate::manifest::{self, Descriptor, Document, Manifest};
use crate::reference::Reference;

const OPERATION: &str = "read the image";

/// Where an image's base is: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";
const TITLE: &str = "org.opencontainers.image.title";

/// An image on disk, ready to be sent.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// The manifest, byte for byte.
    pub(crate) manifest: Vec<u8>,
    /// The layers, lowest first, then the configuration; each once.
    pub(crate) parts: Vec<Part>,
    /// The image that the layers without a file are from.
    pub(crate) base: Option<Reference>,
}

/// A blob of an image.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    /// What it is called in words: `layer 2 of 4`.
    pub(crate) name: String,
    /// Its file; `None` when the base's registry has it.
    pub(crate) file: Option<PathBuf>,
}

/// Reads the one image of a layout, and checks that all of it is somewhere.
pub(crate) fn read(layout: &Path) -> Result<Image, RegistryError> {
    let call = Call::new(OPERATION, layout.display());
    let index = bounded(&layout.join("index.json"))?;
    let Document::Index(entries) = manifest::read(&call, INDEX, &index)? else {
        return Err(call.error(ErrorKind::Local, "its index.json is not an index"));
    };
    let [entry] = entries.as_slice() else {
        let reason = format!("its index.json names {} images, not one", entries.len());
        return Err(call.error(ErrorKind::Local, reason));
    };
    let digest = entry.digest(&call)?;
    let bytes = bounded(&path(layout, &digest))?;
    let got = Digest::of(&bytes);
    if got != digest {
        let reason = format!("its manifest is `{got}`, not `{digest}`");
        return Err(call.error(ErrorKind::Digest, reason));
    }
    let Document::Image { media_type, manifest } =
        manifest::read(&call, &entry.media_type, &bytes)?
    else {
        return Err(call.error(ErrorKind::Local, "its index.json leads to another index"));
    };
    let parts = parts(&call, layout, &manifest)?;
    let base = base(&call, &manifest)?;
    if base.is_none()
        && let Some(part) = parts.iter().find(|part| part.file.is_none())
    {
        let reason = format!("`{}` is not in it, and no base image is named", part.digest);
        return Err(call.error(ErrorKind::Local, reason));
    }
    Ok(Image { digest, media_type, manifest: bytes, parts, base })
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn path(layout: &Path, digest: &Digest) -> PathBuf {
    layout.join("blobs/sha256").join(digest.hex())
}

fn bounded(path: &Path) -> Result<Vec<u8>, RegistryError> {
    let failed = |error| RegistryError::file("read the image's file", path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(manifest::LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > manifest::LARGEST {
        let reason = format!("it is larger than {} bytes", manifest::LARGEST);
        return Err(Call::new(OPERATION, path.display()).error(ErrorKind::Local, reason));
    }
    Ok(bytes)
}

fn parts(call: &Call, layout: &Path, manifest: &Manifest) -> Result<Vec<Part>, RegistryError> {
    let count = manifest.layers.len();
    let named = manifest.layers.iter().enumerate().map(|(index, layer)| {
        let place = format!("layer {} of {count}", index + 1);
        let title = layer.annotations.as_ref().and_then(|all| all.get(TITLE));
        (layer, title.map_or(place.clone(), |title| format!("the {title} ({place})")))
    });
    let mut parts: Vec<Part> = Vec::new();
    for (blob, name) in named.chain([(&manifest.config, "the configuration".to_owned())]) {
        let digest = blob.digest(call)?;
        if parts.iter().any(|part| part.digest == digest) {
            continue;
        }
        let file = file(call, &path(layout, &digest), blob)?;
        parts.push(Part { digest, size: blob.size, name, file });
    }
    Ok(parts)
}

fn file(call: &Call, path: &Path, blob: &Descriptor) -> Result<Option<PathBuf>, RegistryError> {
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    if metadata.len() != blob.size {
        let (has, said) = (metadata.len(), blob.size);
        let reason = format!("`{}` has {has} bytes, and its manifest says {said}", blob.digest);
        return Err(call.error(ErrorKind::Digest, reason));
    }
    Ok(Some(path.to_owned()))
}

fn base(call: &Call, manifest: &Manifest) -> Result<Option<Reference>, RegistryError> {
    let Some(annotations) = &manifest.annotations else { return Ok(None) };
    let Some(name) = annotations.get(BASE_NAME) else { return Ok(None) };
    let reference: Reference = name.parse()?;
    let Some(digest) = annotations.get(BASE_DIGEST) else { return Ok(Some(reference)) };
    let digest = Digest::parse(digest).ok_or_else(|| {
        call.error(ErrorKind::Local, "the digest of its base is not a SHA-256 digest")
    })?;
    Ok(Some(reference.at(&digest)))
}
