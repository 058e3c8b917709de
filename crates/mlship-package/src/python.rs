//! A user's own Python code to an artifact's contents: the handler's modules, the model and the
//! samples, each at its path beside the manifest. Runs nothing of it.

mod bundle;
mod modules;

use std::path::{Component, Path};

use mlship_core::project::{Delivery, Project, Python};

use crate::contents::Contents;
use crate::digest::sha256_of_file;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::provenance::Provenance;

/// The user's own code, before what calls it is put beside it.
#[derive(Debug)]
pub struct Scripts {
    /// Its files.
    pub contents: Contents,
    /// What it was made of; one of the files.
    pub provenance: Provenance,
    /// Bytes of the trained model.
    pub model_bytes: u64,
}

/// Lays out the handler, what it imports from beside the manifest, the model and the samples;
/// `runtime_sha256` is of the runtime that goes along, where one does.
///
/// # Errors
/// A module or a model that is not there, or not beside the manifest; a model of another digest
/// than the manifest says.
pub fn scripts(
    project: &Project,
    python: &Python,
    runtime_sha256: Option<String>,
) -> Result<Scripts, PackageError> {
    let mut contents = Contents::default();
    modules::add(&project.root, &python.handler.value, &mut contents)?;
    let (model_sha256, model_bytes) = add_model(project, &mut contents)?;
    let samples = project.samples.iter();
    for path in samples.flat_map(|paths| [Some(&paths.request), paths.expect.as_ref()]).flatten() {
        add(&project.root, &path.value, Part::Model, &mut contents)?;
    }
    let model = &project.model.path.value;
    let provenance = Provenance::of_scripts(model, model_sha256, runtime_sha256);
    provenance.add_to(&mut contents);
    Ok(Scripts { contents, provenance, model_bytes })
}

/// Adds the model, and gives its digest and its length.
fn add_model(project: &Project, contents: &mut Contents) -> Result<(String, u64), PackageError> {
    let model = &project.model;
    let path = &model.path.value;
    if model.delivery == Delivery::Fetch || path.contains("://") {
        let reason = "in the python lane the model is a file beside the manifest, and goes along";
        return Err(refused(path, reason));
    }
    let file = project.root.join(path);
    if file.is_dir() {
        return Err(refused(path, "it is a folder; name a file, and import what reads it"));
    }
    let sha256 = sha256_of_file(&file)?;
    if model.sha256.as_ref().is_some_and(|wanted| !wanted.value.eq_ignore_ascii_case(&sha256)) {
        return Err(refused(path, format!("its SHA-256 is {sha256}, not `model.sha256`")));
    }
    add(&project.root, path, Part::Weights, contents)?;
    let about = std::fs::metadata(&file).map_err(PackageError::file("read", &file))?;
    Ok((sha256, about.len()))
}

/// Adds a file at its path from the folder `root`.
fn add(root: &Path, path: &str, part: Part, contents: &mut Contents) -> Result<(), PackageError> {
    let mut names = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => names.push(name.to_string_lossy()),
            Component::CurDir => {}
            _ => return Err(refused(path, "it is not in the folder of the manifest")),
        }
    }
    let file = root.join(path);
    contents.add_to(part, names.join("/"), Mode::Plain, Source::File(file));
    Ok(())
}

fn refused(path: &str, reason: impl Into<String>) -> PackageError {
    PackageError::Scripts { path: path.into(), reason: reason.into() }
}
