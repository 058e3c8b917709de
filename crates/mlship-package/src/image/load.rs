//! An image as Docker saves it to an image's folder: `docker save`, or the Engine's
//! `GET /images/{name}/get`, of version 20.10 and later.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use mlship_core::artifact::{Artifact, Format};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::ImageError;
use super::folder::{DOCUMENT_BYTES, Descriptor, Folder, Manifest, is_hex};
use super::frame::Form;
use super::walk::{self, Files, Place};
use crate::digest::{Hashed, sha256};
use crate::error::PackageError;
use crate::gzip::Gzip;

/// The file that says what the image is made of.
const MANIFEST: &str = "manifest.json";

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How much of a layer is in memory at once, in bytes.
const PIECE_BYTES: usize = 1 << 16;

/// One image of the archive.
#[derive(Debug, Deserialize)]
struct Saved {
    #[serde(rename = "Config")]
    config: String,
    #[serde(rename = "Layers")]
    layers: Vec<String>,
}

/// An archive that has been looked through.
struct Archive<'a> {
    path: &'a Path,
    files: Files,
}

/// Makes an image in the folder `to` of the file `archive`, which holds one image as Docker saves
/// it. Every digest is checked. The configuration stays as it is, and with it the image's id,
/// which is the artifact's `content_sha256`.
pub fn from_docker_archive(
    archive: &Path,
    form: Form,
    to: &Path,
) -> Result<Artifact, PackageError> {
    let mut file = File::open(archive).map_err(PackageError::file("read", archive))?;
    let length = file.metadata().map_err(PackageError::file("read", archive))?.len();
    let files = walk::walk(&mut BufReader::new(&mut file), length)
        .map_err(|reason| ImageError::Archive { path: archive.to_owned(), reason })?;
    let archive = Archive { path: archive, files };
    let saved = archive.saved(&mut file)?;
    let (config, diff_ids) = archive.config(&mut file, &saved)?;
    let places = archive.places(&saved, &diff_ids)?;
    let folder = Folder::open(to)?;
    let written = places
        .par_iter()
        .map(|(diff_id, place)| {
            Ok((diff_id.clone(), archive.layer(*place, diff_id, &folder, form)?))
        })
        .collect::<Result<BTreeMap<_, _>, PackageError>>()?;
    let unpacked_bytes = written.values().map(|(_, bytes)| bytes).sum();
    let manifest = Manifest {
        schema_version: 2,
        media_type: form.manifest().into(),
        config: folder.put(form.config(), &config)?,
        layers: diff_ids.iter().map(|diff_id| written[diff_id].0.clone()).collect(),
        annotations: Map::new(),
    };
    let sealed = folder.seal(&manifest)?;
    Ok(Artifact {
        path: to.to_owned(),
        format: Format::Image,
        sha256: sealed.hex().into(),
        content_sha256: manifest.config.hex().into(),
        packed_bytes: manifest.layer_bytes(),
        unpacked_bytes,
    })
}

impl Archive<'_> {
    fn wrong(&self, reason: impl Into<String>) -> PackageError {
        ImageError::Archive { path: self.path.to_owned(), reason: reason.into() }.into()
    }

    fn document(&self, file: &mut File, name: &str) -> Result<Vec<u8>, PackageError> {
        let place = self.files.find(name).map_err(|reason| self.wrong(reason))?;
        walk::bytes(file, place, DOCUMENT_BYTES).map_err(|reason| self.wrong(reason))
    }

    fn saved(&self, file: &mut File) -> Result<Saved, PackageError> {
        let text = self.document(file, MANIFEST)?;
        let mut images: Vec<Saved> = serde_json::from_slice(&text)
            .map_err(|error| self.wrong(format!("`{MANIFEST}` cannot be understood: {error}")))?;
        match images.pop() {
            Some(image) if images.is_empty() => Ok(image),
            None => Err(self.wrong("it holds no image")),
            _ => Err(self.wrong("it holds several images, and one is wanted")),
        }
    }

    /// The configuration as it stands there, and the digests of the layers' tars.
    fn config(
        &self,
        file: &mut File,
        saved: &Saved,
    ) -> Result<(Vec<u8>, Vec<String>), PackageError> {
        let text = self.document(file, &saved.config)?;
        let name = saved.config.rsplit('/').next().unwrap_or_default();
        let called = name.strip_suffix(".json").unwrap_or(name);
        if is_hex(called) && sha256(&text) != called {
            return Err(self.wrong(format!(
                "`{}` does not have the digest that it is called by",
                saved.config
            )));
        }
        let config: Value = serde_json::from_slice(&text)
            .map_err(|error| self.wrong(format!("`{}` is not JSON: {error}", saved.config)))?;
        let diff_ids = Vec::<String>::deserialize(&config["rootfs"]["diff_ids"])
            .map_err(|_| self.wrong(format!("`{}` tells of no layers", saved.config)))?;
        if diff_ids.len() != saved.layers.len() {
            return Err(self.wrong(format!(
                "its configuration is of {} layers, and `{MANIFEST}` names {}",
                diff_ids.len(),
                saved.layers.len()
            )));
        }
        Ok((text, diff_ids))
    }

    /// Where each different layer is, by the digest of its tar.
    fn places(
        &self,
        saved: &Saved,
        diff_ids: &[String],
    ) -> Result<BTreeMap<String, Place>, PackageError> {
        let mut places = BTreeMap::new();
        for (name, diff_id) in saved.layers.iter().zip(diff_ids) {
            if !diff_id.strip_prefix("sha256:").is_some_and(is_hex) {
                return Err(self.wrong(format!("`{diff_id}` is no SHA-256 digest")));
            }
            let place = self.files.find(name).map_err(|reason| self.wrong(reason))?;
            places.insert(diff_id.clone(), place);
        }
        Ok(places)
    }

    /// Packs one layer; also gives the bytes of its tar.
    fn layer(
        &self,
        place: Place,
        diff_id: &str,
        folder: &Folder,
        form: Form,
    ) -> Result<(Descriptor, u64), PackageError> {
        let unreadable = |error| PackageError::file("read", self.path)(error);
        let mut file = File::open(self.path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(place.offset)).map_err(unreadable)?;
        let magic = walk::bytes(&mut file, Place { bytes: place.bytes.min(4), ..place }, 4)
            .map_err(|reason| self.wrong(reason))?;
        file.seek(SeekFrom::Start(place.offset)).map_err(unreadable)?;
        let packed = BufReader::with_capacity(PIECE_BYTES, file.take(place.bytes));
        if magic == ZSTD {
            return Err(self.wrong(format!("the layer `{diff_id}` is packed with zstd")));
        }
        if magic.starts_with(&GZIP) {
            self.repack(MultiGzDecoder::new(packed), diff_id, folder, form)
        } else {
            self.repack(packed, diff_id, folder, form)
        }
    }

    fn repack(
        &self,
        mut from: impl Read,
        diff_id: &str,
        folder: &Folder,
        form: Form,
    ) -> Result<(Descriptor, u64), PackageError> {
        let name = diff_id.trim_start_matches("sha256:");
        let unwritable =
            |error: io::Error| PackageError::file("write", folder.partial(name))(error);
        let mut tape = Hashed::new(Gzip::new(folder.begin(name)?));
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = match from.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(self.wrong(format!("the layer `{diff_id}` is broken: {error}")));
                }
            };
            tape.write_all(&piece[..read]).map_err(unwritable)?;
        }
        let (gzip, digest, bytes) = tape.into_parts();
        if digest != name {
            return Err(
                self.wrong(format!("the layer `{diff_id}` has the digest `sha256:{digest}`"))
            );
        }
        let blob = folder.keep(name, form.layer(), gzip.finish().map_err(unwritable)?)?;
        Ok((blob, bytes))
    }
}
