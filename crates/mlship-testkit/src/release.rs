//! Releases made by hand, for tests that deploy: nothing in them is a model or a program.
//!
//! What stands in for a service decides what the bytes mean: most tests let it answer with them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::artifact::{Artifact, Fetched, Format};
use mlship_core::project::{
    Delivery, Engine, Image, Input, Model, Output, Project, Resources, Serving,
};
use mlship_core::reader::Located;
use mlship_core::release::Release;
use mlship_core::sample::Sample;
use mlship_core::share::Share;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::image;

/// The service's name in every such release.
pub const NAME: &str = "heart-disease";

/// A release of these bytes as its zip, written to `folder`. Its one sample expects `answer`.
///
/// # Panics
/// When the folder cannot be written to.
pub fn of_zip(folder: &Path, zip: &[u8], answer: &Value) -> Release {
    let digest = sha256(zip);
    let path = folder.join(format!("{digest}.zip"));
    fs::write(&path, zip).expect("a folder for artifacts");
    let content = sha256(digest.as_bytes());
    release(artifact(path, Format::Zip, digest, content, zip.len()), answer)
}

/// A release of an image with this layer (a tar), written to `folder`, that starts `entrypoint`.
/// Its one sample expects `answer`.
///
/// # Panics
/// When the folder cannot be written to.
pub fn of_image(folder: &Path, layer: &[u8], entrypoint: &str, answer: &Value) -> Release {
    let (path, digest) = image::write(folder, layer, entrypoint);
    release(artifact(path, Format::Image, digest, sha256(layer), layer.len()), answer)
}

/// `release`, with a file of these bytes, written to `folder`, to be fetched at start.
///
/// # Panics
/// When the folder cannot be written to.
#[must_use]
pub fn fetching(folder: &Path, mut release: Release, file: &[u8]) -> Release {
    let sha256 = sha256(file);
    let path = folder.join(&sha256);
    fs::write(&path, file).expect("a folder for artifacts");
    let bytes = file.len() as u64;
    release.fetched.push(Fetched { name: "model/weights".into(), path, sha256, bytes });
    release
}

/// The manifest of these releases: tensors in and out, 512 MB, 30 s, one request at a time.
pub fn project() -> Project {
    Project {
        name: located(NAME.to_owned()),
        root: PathBuf::from("."),
        model: Model {
            path: located("model.onnx".into()),
            sha256: None,
            delivery: Delivery::Embed,
            engine: located(Engine::Native),
        },
        input: Input::Tensor,
        output: Output::Tensor,
        samples: Vec::new(),
        resources: Resources {
            memory_mb: located(512),
            timeout_s: located(30),
            disk_mb: located(512),
            concurrency: located(1),
        },
        serving: Serving::default(),
        image: Image::default(),
        python: None,
        targets: BTreeMap::new(),
    }
}

/// A value that stands nowhere in particular.
pub fn located<T>(value: T) -> Located<T> {
    Located { value, span: 0..0 }
}

/// The SHA-256 of these bytes, in 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn artifact(
    path: PathBuf,
    format: Format,
    sha256: String,
    content_sha256: String,
    bytes: usize,
) -> Artifact {
    let bytes = bytes as u64;
    Artifact { path, format, sha256, content_sha256, packed_bytes: bytes, unpacked_bytes: bytes }
}

fn release(artifact: Artifact, answer: &Value) -> Release {
    let sample = Sample {
        name: "samples/1.json".into(),
        request: json!({"age": 63, "sex": 1}),
        expect: Some(answer.clone()),
    };
    Release {
        project: project(),
        artifact,
        samples: vec![sample],
        git_revision: Some("a".repeat(40)),
        fetched: Vec::new(),
        share: Share::ALL,
    }
}
