//! An image's folder to a tar that `docker load` takes: of the form that Docker 20.10 reads, and
//! of the OCI layout, which later ones read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tar::Builder;

use super::error::ImageError;
use super::folder::{self, BLOBS, Descriptor, INDEX_FILE, MARK, Manifest};
use crate::digest::Hashed;
use crate::entry::Mode;
use crate::error::PackageError;
use crate::tape;

/// What Docker 20.10 reads first.
const DOCKER_MANIFEST: &str = "manifest.json";

/// Writes the image in the folder `layout` as a tar that `docker load` takes, called
/// `name_and_tag` (`iris:7` or `iris`, which is `iris:latest`). All layers must be in the folder;
/// the first that is not is named by [`ImageError::LayerElsewhere`].
pub fn docker_archive(
    layout: &Path,
    name_and_tag: Option<&str>,
    out: &mut impl Write,
) -> Result<(), PackageError> {
    let (descriptor, manifest) = folder::read(layout)?;
    let blobs = blobs(layout, &descriptor, &manifest)?;
    let mut tape = Builder::new(out);
    let unwritable = |error| PackageError::file("write", "the archive")(error);
    for (name, (path, size)) in &blobs {
        let file = File::open(path).map_err(PackageError::file("read", path))?;
        let mut bytes = Hashed::new(file);
        let entry = format!("{BLOBS}/{name}");
        tape::file(&mut tape, &entry, Mode::Plain.bits(), *size, &mut bytes).map_err(unwritable)?;
        if bytes.finish() != (name.clone(), *size) {
            let changed = io::Error::other("it does not have the digest that it is called by");
            return Err(PackageError::file("read", path)(changed));
        }
    }
    let annotations = name_and_tag.map(notes).unwrap_or_default();
    let named = Descriptor { annotations, ..descriptor };
    let documents = [
        (INDEX_FILE, folder::index(&named)),
        (DOCKER_MANIFEST, docker_manifest(&manifest, name_and_tag)),
        (MARK.0, MARK.1.as_bytes().to_vec()),
    ];
    for (path, bytes) in documents {
        tape::file(&mut tape, path, Mode::Plain.bits(), bytes.len() as u64, &bytes[..])
            .map_err(unwritable)?;
    }
    tape.into_inner().and_then(|out| out.flush()).map_err(unwritable)
}

/// Every blob once, by its digest: where it is and how long.
fn blobs(
    layout: &Path,
    descriptor: &Descriptor,
    manifest: &Manifest,
) -> Result<BTreeMap<String, (PathBuf, u64)>, PackageError> {
    let mut blobs = BTreeMap::new();
    for blob in manifest.blobs().chain([descriptor]) {
        let path = folder::blob(layout, blob)?;
        let length = match path.metadata() {
            Ok(about) => about.len(),
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && manifest.layers.contains(blob) =>
            {
                let folder = layout.to_owned();
                return Err(
                    ImageError::LayerElsewhere { digest: blob.digest.clone(), folder }.into()
                );
            }
            Err(error) => return Err(PackageError::file("read", path)(error)),
        };
        if length != blob.size {
            let reason = format!("`{}` has {length} bytes instead of {}", blob.digest, blob.size);
            return Err(ImageError::Layout { folder: layout.to_owned(), reason }.into());
        }
        blobs.insert(blob.hex().to_owned(), (path, length));
    }
    Ok(blobs)
}

fn docker_manifest(manifest: &Manifest, name_and_tag: Option<&str>) -> Vec<u8> {
    let path = |blob: &Descriptor| format!("{BLOBS}/{}", blob.hex());
    let layers: Vec<_> = manifest.layers.iter().map(path).collect();
    let names: Vec<_> = name_and_tag.map(tagged).into_iter().collect();
    json!([{"Config": path(&manifest.config), "RepoTags": names, "Layers": layers}])
        .to_string()
        .into_bytes()
}

/// What later versions of Docker call the image by.
fn notes(name_and_tag: &str) -> Map<String, Value> {
    let name = tagged(name_and_tag);
    let tag = name.rsplit_once(':').map_or("", |(_, tag)| tag).to_owned();
    let whole = match name.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => name,
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    };
    let notes = [("io.containerd.image.name", whole), ("org.opencontainers.image.ref.name", tag)];
    notes.into_iter().map(|(note, value)| (note.to_owned(), value.into())).collect()
}

fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_for_later_versions() {
        let name = |name| notes(name)["io.containerd.image.name"].clone();
        assert_eq!(name("iris"), "docker.io/library/iris:latest");
        assert_eq!(name("team/iris:7"), "docker.io/team/iris:7");
        assert_eq!(name("localhost:5000/iris"), "localhost:5000/iris:latest");
        assert_eq!(notes("iris:7")["org.opencontainers.image.ref.name"], "7");
    }
}
