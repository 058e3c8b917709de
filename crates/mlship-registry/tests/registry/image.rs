//! Makes small images in the OCI layout: valid ones, of layers without compression.

use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::image::Base;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// An image on disk.
pub(crate) struct Image {
    pub(crate) layout: PathBuf,
    pub(crate) digest: String,
    /// The digests of its own layers.
    pub(crate) layers: Vec<String>,
    /// The bytes of its configuration.
    pub(crate) config_bytes: u64,
}

/// An image from scratch with these layers.
pub(crate) fn image(layout: &Path, layers: &[Vec<u8>]) -> Image {
    image_for(layout, "amd64", layers, None)
}

/// An image for a processor, perhaps on a base whose layers are not put into the layout.
pub(crate) fn image_for(
    layout: &Path,
    architecture: &str,
    layers: &[Vec<u8>],
    base: Option<&Base>,
) -> Image {
    fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    let mut descriptors: Vec<Value> = Vec::new();
    let mut unpacked: Vec<Value> = Vec::new();
    for layer in base.iter().flat_map(|base| &base.layers) {
        let (digest, size) = (&layer.digest, layer.bytes);
        descriptors.push(json!({"mediaType": layer.media_type, "digest": digest, "size": size}));
        unpacked.push(json!(digest));
    }
    let mut own = Vec::new();
    for layer in layers {
        let mut descriptor = blob(layout, LAYER, layer);
        if layer.len() > 1_000_000 {
            descriptor["annotations"] = json!({"org.opencontainers.image.title": "weights"});
        }
        own.push(descriptor["digest"].as_str().unwrap().to_owned());
        unpacked.push(descriptor["digest"].clone());
        descriptors.push(descriptor);
    }
    let config = json!({
        "architecture": architecture, "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": unpacked},
    });
    let config = blob(layout, CONFIG, config.to_string().as_bytes());
    let config_bytes = config["size"].as_u64().unwrap();
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": descriptors,
    });
    if let Some(base) = base {
        manifest["annotations"] = json!({
            "org.opencontainers.image.base.name": base.reference,
            "org.opencontainers.image.base.digest": base.reference.split_once('@').unwrap().1,
        });
    }
    let descriptor = blob(layout, MANIFEST, manifest.to_string().as_bytes());
    let digest = descriptor["digest"].as_str().unwrap().to_owned();
    write_index(layout, &descriptor);
    Image { layout: layout.to_owned(), digest, layers: own, config_bytes }
}

fn write_index(layout: &Path, descriptor: &Value) {
    fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let index = json!({"schemaVersion": 2, "manifests": [descriptor]});
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
}

/// A tar with one file of `bytes` bytes, the same for the same seed.
pub(crate) fn layer(seed: u64, bytes: usize) -> Vec<u8> {
    let mut tar = vec![0; 512];
    tar[..5].copy_from_slice(b"model");
    tar[100..108].copy_from_slice(b"0000644\0");
    tar[108..124].copy_from_slice(b"0000000\x000000000\0");
    tar[124..136].copy_from_slice(format!("{bytes:011o}\0").as_bytes());
    tar[136..148].copy_from_slice(b"00000000000\0");
    tar[148..156].copy_from_slice(b"        ");
    tar[156] = b'0';
    tar[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = tar.iter().map(|byte| u32::from(*byte)).sum();
    tar[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    // One block of noise, and each further one marked: cheap, and no two are the same.
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let noise: Vec<u8> = (0..8192)
        .flat_map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        })
        .collect();
    for start in (0..bytes).step_by(noise.len()) {
        let mark = tar.len();
        tar.extend_from_slice(&noise[..noise.len().min(bytes - start)]);
        let end = tar.len().min(mark + 8);
        tar[mark..end].copy_from_slice(&(start as u64).to_le_bytes()[..end - mark]);
    }
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

/// `sha256:…` of bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The file of a blob in a layout.
pub(crate) fn file(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs/sha256").join(digest.strip_prefix("sha256:").unwrap())
}

fn blob(layout: &Path, media_type: &str, bytes: &[u8]) -> Value {
    let digest = digest(bytes);
    fs::write(file(layout, &digest), bytes).unwrap();
    json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
}
