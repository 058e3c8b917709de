//! Images of one layer, made by hand: a tar of one file, in the OCI layout.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::release::sha256;

/// A tar of one file, mode 0755. The name has at most 100 bytes.
///
/// # Panics
/// When the name is too long.
///
/// Source: <https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html>, ustar.
pub fn layer(name: &str, text: &[u8]) -> Vec<u8> {
    let mut head = [0_u8; 512];
    let mut put = |at: usize, text: &[u8]| head[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000755\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", text.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
    head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = text.len().next_multiple_of(512) - text.len();
    [head.as_slice(), text, &vec![0; padding + 1024]].concat()
}

/// The text of the one file in such a layer.
pub fn text(layer: &[u8]) -> Option<&[u8]> {
    if layer.get(257..262)? != b"ustar" {
        return None;
    }
    let size = std::str::from_utf8(layer.get(124..135)?).ok()?;
    let size = usize::from_str_radix(size, 8).ok()?;
    layer.get(512..512 + size)
}

/// Writes the layout of an image with this layer (a tar) that starts `entrypoint`; the answer is
/// its folder, inside `folder`, and the SHA-256 of its manifest.
///
/// # Panics
/// When the folder cannot be written to.
pub fn write(folder: &Path, layer: &[u8], entrypoint: &str) -> (PathBuf, String) {
    let diff = format!("sha256:{}", sha256(layer));
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": [entrypoint]},
        "rootfs": {"type": "layers", "diff_ids": [diff]},
    });
    let config = config.to_string().into_bytes();
    let described = |kind: &str, bytes: &[u8]| -> Value {
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": format!("sha256:{}", sha256(bytes)),
            "size": bytes.len(),
        })
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described("config.v1+json", &config),
        "layers": [described("layer.v1.tar", layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut named = described("manifest.v1+json", &manifest);
    named["platform"] = json!({"architecture": "amd64", "os": "linux"});
    let index = json!({"schemaVersion": 2, "manifests": [named]});
    let digest = sha256(&manifest);
    let path = folder.join(format!("image-{digest}"));
    let blobs = path.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a folder for images");
    for blob in [layer, config.as_slice(), manifest.as_slice()] {
        fs::write(blobs.join(sha256(blob)), blob).expect("a folder for images");
    }
    fs::write(path.join("index.json"), index.to_string()).expect("a folder for images");
    fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
        .expect("a folder for images");
    (path, digest)
}
