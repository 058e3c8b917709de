//! A user's own Python code to an artifact's contents: the handler's modules, the model and the
//! samples, each at its path beside the manifest. Runs nothing of it.

mod bundle;
mod modules;
mod packages;

use std::path::{Component, Path, PathBuf};

use mlship_bundle::Sample;
use mlship_core::artifact::Fetched;
use mlship_core::project::{Project, Python};
use mlship_inspect::Facts;

use crate::contents::Contents;
use crate::delivery::{Delivery, Heavy};
use crate::digest::sha256_of_file;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::provenance::Provenance;

pub use packages::Packages;

/// The user's own code, before what calls it is put beside it.
#[derive(Debug)]
pub struct Scripts {
    /// Its files, without a model that is fetched.
    pub contents: Contents,
    /// What it was made of.
    pub provenance: Provenance,
    /// Bytes of the trained model.
    pub model_bytes: u64,
    /// The model's path in the contents, or beside them where it is fetched.
    pub model: String,
    /// What the model's file is, where it is of a known form.
    pub facts: Option<Facts>,
    /// Where the samples are in the contents.
    samples: Vec<Sample>,
    heavy: Heavy,
}

/// Lays out the handler, what it imports from beside the manifest, the model and the samples. The
/// model's file is at `model` on this disk.
///
/// # Errors
/// A module or a model that is not there, or not beside the manifest; a model of another digest
/// than the manifest says.
pub fn scripts(project: &Project, python: &Python, model: &Path) -> Result<Scripts, PackageError> {
    let mut contents = Contents::default();
    let facts = mlship_inspect::inspect(model).ok();
    // A pickle cannot be loaded without those of its modules that are the user's own.
    let pickle = facts.as_ref().and_then(|facts| facts.pickle.as_ref());
    let named = pickle.map(|pickle| pickle.packages.as_slice()).unwrap_or_default();
    modules::add(&project.root, &python.handler.value, named, &mut contents)?;
    let mut heavy = Heavy::new(Delivery::of(&project.model));
    let trained = trained(project, model)?;
    let (sha256, model_bytes) = (trained.sha256.clone(), trained.bytes);
    let name = trained.name.clone();
    heavy.add_own(trained, &mut contents)?;
    let samples = samples(project, &mut contents)?;
    let provenance = Provenance::of_scripts(&project.model.path.value, sha256);
    Ok(Scripts { contents, provenance, model_bytes, model: name, facts, samples, heavy })
}

impl Scripts {
    /// Where the model's file is on this disk once the contents are written into `folder`.
    pub fn model_file(&self, folder: &Path) -> PathBuf {
        let elsewhere =
            self.heavy.stored.iter().chain(self.heavy.addressed.iter().map(|(file, _)| file));
        let mut elsewhere = elsewhere.map(|file| file.path.clone());
        elsewhere.next().unwrap_or_else(|| folder.join(&self.model))
    }

    /// The same for a place that has no runtime: all of it goes along, and says what it is of.
    ///
    /// # Errors
    /// When the model is to be fetched: what would do that is not there.
    pub fn alone(mut self) -> Result<Self, PackageError> {
        let fetched = self.heavy.stored.first();
        if let Some(file) = fetched.or(self.heavy.addressed.first().map(|(file, _)| file)) {
            let reason = "here the model is a file beside the manifest, and goes along: write \
                          `delivery: embed`";
            return Err(refused(&file.name, reason));
        }
        self.provenance.add_to(&mut self.contents);
        Ok(self)
    }
}

/// Adds the samples at their own paths.
fn samples(project: &Project, contents: &mut Contents) -> Result<Vec<Sample>, PackageError> {
    let mut added = |path: &str| add(&project.root, path, Part::Model, contents);
    let mut samples = Vec::new();
    for paths in &project.samples {
        let request = added(&paths.request.value)?;
        // What is expected may be about to be written down.
        let written = paths.expect.iter().find(|path| project.root.join(&path.value).exists());
        let expect = written.map(|path| added(&path.value)).transpose()?;
        samples.push(Sample { request, expect });
    }
    Ok(samples)
}

/// The model: its digest, its length and its name in the artifact, which is its path beside the
/// manifest, and of an address the last part.
fn trained(project: &Project, file: &Path) -> Result<Fetched, PackageError> {
    let model = &project.model;
    let path = &model.path.value;
    if file.is_dir() {
        return Err(refused(path, "it is a folder; name a file, and import what reads it"));
    }
    let sha256 = sha256_of_file(file)?;
    if model.sha256.as_ref().is_some_and(|wanted| !wanted.value.eq_ignore_ascii_case(&sha256)) {
        return Err(refused(path, format!("its SHA-256 is {sha256}, not `model.sha256`")));
    }
    let name = match path.contains("://") {
        true => path.rsplit('/').next().unwrap_or_default().to_owned(),
        false => inside(path)?,
    };
    let about = std::fs::metadata(file).map_err(PackageError::file("read", file))?;
    Ok(Fetched { name, path: file.to_owned(), sha256, bytes: about.len() })
}

/// Adds a file at its path from the folder `root`; gives its path in the contents.
fn add(
    root: &Path,
    path: &str,
    part: Part,
    contents: &mut Contents,
) -> Result<String, PackageError> {
    let place = inside(path)?;
    contents.add_to(part, place.as_str(), Mode::Plain, Source::File(root.join(path)));
    Ok(place)
}

/// The path without turns; refused when it leads out of the manifest's folder.
fn inside(path: &str) -> Result<String, PackageError> {
    let mut names = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => names.push(name.to_string_lossy()),
            Component::CurDir => {}
            _ => return Err(refused(path, "it is not in the folder of the manifest")),
        }
    }
    Ok(names.join("/"))
}

fn refused(path: &str, reason: impl Into<String>) -> PackageError {
    PackageError::Scripts { path: path.into(), reason: reason.into() }
}
