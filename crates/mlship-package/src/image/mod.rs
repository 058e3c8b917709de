//! Contents to a container image on disk, without a daemon and byte for byte the same whoever
//! builds it and when; and Docker's files to such an image and back. Reaches no network: of a
//! base, only the description is at hand, and its layers stay where they are.

mod config;
mod error;
mod folder;
mod frame;
mod layer;
mod load;
mod media;
mod save;
mod walk;

use std::path::Path;

use mlship_core::artifact::{Artifact, Format};
use mlship_core::image::Base;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

pub use error::ImageError;
pub use frame::{Form, Frame};
pub use load::from_docker_archive;
pub use save::docker_archive;

use crate::contents::Contents;
use crate::digest::sha256;
use crate::entry::{Entry, Mode, Part};
use crate::error::PackageError;
use folder::{Descriptor, Folder, Manifest};
use layer::{Layer, Plan};

/// Whose image the lower layers are of, and where they are fetched from
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// What is in a layer: one word, for those who send it.
const TITLE: &str = "org.opencontainers.image.title";

/// The folder that every program may write to, and its mode.
const SCRATCH: (&str, u32) = ("tmp", 0o1777);

/// Builds an image of `contents` in the folder `to`, in the OCI layout: upon `base`, or upon
/// nothing. A folder that was an image is one again only when the new one is whole.
///
/// Each part of the contents is a layer of its own. The base's layers are not in the folder; the
/// manifest's annotations `org.opencontainers.image.base.name` and `.digest` say where they are.
/// Docker's form knows no annotations, and its readers pass over them.
pub fn image(
    contents: &Contents,
    frame: &Frame,
    base: Option<&Base>,
    to: &Path,
) -> Result<Artifact, PackageError> {
    let form = form(frame, base)?;
    let below = base.map_or(Ok(Vec::new()), |base| descriptors(base, form))?;
    let start = config::start(frame, base)?;
    let mut plans = layer::plans(contents.entries(), |entry| place(frame, entry))?;
    if base.is_none() {
        plans.insert(0, folders(frame)?);
    }
    let folder = Folder::open(to)?;
    let written: Result<Vec<Layer>, _> =
        plans.par_iter().with_max_len(1).map(|plan| plan.write(&folder, form.layer())).collect();
    let layers = written?;
    let config = folder.put(form.config(), &config::finish(start, frame, &layers))?;
    let manifest = Manifest {
        schema_version: 2,
        media_type: form.manifest().into(),
        config,
        layers: below.into_iter().chain(layers.iter().map(|layer| titled(layer, form))).collect(),
        annotations: base.map(notes).unwrap_or_default(),
    };
    let sealed = folder.seal(&manifest)?;
    let (unpacked_bytes, content_sha256) = measured(contents, layers, frame, base);
    Ok(Artifact {
        path: to.to_owned(),
        format: Format::Image,
        sha256: sealed.hex().into(),
        content_sha256,
        packed_bytes: manifest.layer_bytes(),
        unpacked_bytes,
    })
}

/// Docker's when the frame asks for it or the base has it.
fn form(frame: &Frame, base: Option<&Base>) -> Result<Form, ImageError> {
    let Some(base) = base else { return Ok(frame.form) };
    match Form::of(&base.media_type) {
        Some(Form::Docker) => Ok(Form::Docker),
        Some(Form::Oci) => Ok(frame.form),
        None => Err(ImageError::Base {
            reference: base.reference.clone(),
            reason: format!("`{}` is not a single image's manifest", base.media_type),
        }),
    }
}

/// The base's layers, as this image's manifest refers to them.
fn descriptors(base: &Base, form: Form) -> Result<Vec<Descriptor>, ImageError> {
    let layers = base.layers.iter().map(|layer| {
        let media_type = form.layer_like(&layer.media_type).ok_or_else(|| ImageError::Base {
            reference: base.reference.clone(),
            reason: format!("its layers have the media type `{}`", layer.media_type),
        })?;
        let (digest, size) = (layer.digest.clone(), layer.bytes);
        Ok(Descriptor { media_type, digest, size, annotations: Map::new() })
    });
    layers.collect()
}

/// A layer, as this image's manifest refers to it; OCI's form says what is in it.
fn titled(layer: &Layer, form: Form) -> Descriptor {
    let mut blob = layer.blob.clone();
    if form == Form::Oci {
        blob.annotations.insert(TITLE.into(), layer.name.into());
    }
    blob
}

fn notes(base: &Base) -> Map<String, Value> {
    let (name, digest) = base.reference.split_once('@').unwrap_or((&base.reference, ""));
    let notes = [(BASE_NAME, name), (BASE_DIGEST, digest)];
    notes.into_iter().map(|(note, value)| (note.to_owned(), json!(value))).collect()
}

/// Where a file is in the image.
fn place(frame: &Frame, entry: &Entry) -> String {
    match (entry.part, entry.mode.is_executable()) {
        (Part::Runtime, true) => frame.executable.clone(),
        _ if frame.folder.is_empty() => entry.path.clone(),
        _ => format!("{}/{}", frame.folder, entry.path),
    }
}

/// The first layer of an image upon nothing: the folders that programs expect.
fn folders(frame: &Frame) -> Result<Plan<'static>, ImageError> {
    let mut plan = Plan::new("folders");
    plan.folder(SCRATCH.0, SCRATCH.1)?;
    let around = frame.executable.rsplit_once('/').map_or("", |(around, _)| around);
    for folder in [&frame.folder, around].into_iter().filter(|folder| !folder.is_empty()) {
        if folder != SCRATCH.0 {
            plan.folder(folder, Mode::Executable.bits())?;
        }
    }
    Ok(plan)
}

/// Bytes of the contents, and one digest of them, the frame and the base.
fn measured(
    contents: &Contents,
    layers: Vec<Layer>,
    frame: &Frame,
    base: Option<&Base>,
) -> (u64, String) {
    let mut files: Vec<_> = layers.into_iter().flat_map(|layer| layer.files).collect();
    files.sort_unstable();
    let digests: Vec<_> = files.into_iter().map(|(_, digest)| digest).collect();
    let (bytes, digest) = contents.measured(&digests);
    let around = json!({"contents": digest, "frame": frame, "base": base});
    (bytes, sha256(around.to_string().as_bytes()))
}
