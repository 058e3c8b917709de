//! A small bundle, and eyes to look into an image's folder with.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use mlship_package::{Contents, Frame, Mode, Part, Source, sha256};
use mlship_testkit::tools;
use serde_json::Value;

/// The frame of the small bundle.
pub(crate) fn frame() -> Frame {
    Frame::new("var/task", "var/task/bootstrap", "amd64")
}

/// A small bundle with a file of every part, whose weights are on disk in `folder`.
pub(crate) fn bundle(folder: &Path, manifest: &str) -> Contents {
    fs::create_dir_all(folder).unwrap();
    let weights = folder.join("weights.bin");
    fs::write(&weights, (0..200_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()).unwrap();
    let mut contents = Contents::default();
    contents.add_bytes("bundle.json", manifest.into());
    contents.add_bytes(format!("samples/{}.json", "long".repeat(40)), b"[]".to_vec());
    contents.add_to(Part::Weights, "model.weights", Mode::Plain, Source::File(weights));
    let runtime = Source::Bytes(b"\x7fELF, nearly".into());
    contents.add_to(Part::Runtime, "runtime", Mode::Executable, runtime);
    let words = Source::Bytes(b"words".into());
    contents.add_to(Part::Provider, "provider.txt", Mode::Plain, words);
    contents
}

/// The bytes of a blob, which must have the digest that it is called by.
pub(crate) fn blob(layout: &Path, digest: &str) -> Vec<u8> {
    let hex = digest.strip_prefix("sha256:").unwrap();
    let bytes = fs::read(layout.join("blobs/sha256").join(hex)).unwrap();
    assert_eq!(sha256(&bytes), hex);
    bytes
}

/// The manifest, and how the index refers to it.
pub(crate) fn manifest(layout: &Path) -> (Value, Value) {
    let index: Value =
        serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    let entry = index["manifests"][0].clone();
    assert_eq!(index["manifests"].as_array().unwrap().len(), 1);
    let text = blob(layout, entry["digest"].as_str().unwrap());
    assert_eq!(entry["size"], text.len());
    let manifest: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(manifest["mediaType"], entry["mediaType"]);
    (manifest, entry)
}

/// The configuration.
pub(crate) fn config(layout: &Path) -> Value {
    let (manifest, _) = manifest(layout);
    serde_json::from_slice(&blob(layout, manifest["config"]["digest"].as_str().unwrap())).unwrap()
}

/// The layers' digests, lowest first.
pub(crate) fn layers(layout: &Path) -> Vec<String> {
    let layers = manifest(layout).0["layers"].clone();
    let digest = |layer: &Value| layer["digest"].as_str().unwrap().to_owned();
    layers.as_array().unwrap().iter().map(digest).collect()
}

/// The tar of a layer.
pub(crate) fn tape(layout: &Path, digest: &str) -> Vec<u8> {
    let mut tape = Vec::new();
    GzDecoder::new(&blob(layout, digest)[..]).read_to_end(&mut tape).unwrap();
    tape
}

/// The names of all blobs, sorted.
pub(crate) fn blobs(layout: &Path) -> Vec<String> {
    let entries = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What `skopeo` answers; it must succeed.
pub(crate) fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let out = Command::new(tools::skopeo()).args(arguments).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// Writes a tar of files and symbolic links, as others do.
pub(crate) fn write_tar(to: &Path, files: &[(&str, &[u8])], links: &[(&str, &str)]) {
    let mut builder = tar::Builder::new(File::create(to).unwrap());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *bytes).unwrap();
    }
    for (path, target) in links {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, path, target).unwrap();
    }
    builder.finish().unwrap();
}
