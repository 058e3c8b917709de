//! A project and its model to a bundle's contents.

use std::path::Path;

use mlship_bundle::{Bounds, Bundle, FORMAT};
use mlship_core::project::Project;
use mlship_core::sample::Sample;

use crate::bind::bind;
use crate::compile::compile;
use crate::contents::Contents;
use crate::digest::sha256;
use crate::error::PackageError;
use crate::model::Model;

/// A bundle, before the runtime is put beside it.
#[derive(Debug)]
pub struct Assembly {
    /// Its files.
    pub contents: Contents,
    /// Its description, which is one of the files.
    pub bundle: Bundle,
}

/// Compiles the model, binds the manifest to it, and lays out the bundle. Files too large for
/// memory are kept in the folder `work`.
pub fn assemble(
    project: &Project,
    model: &Model,
    samples: &[Sample],
    work: &Path,
) -> Result<Assembly, PackageError> {
    let mut contents = Contents::default();
    let compiled = compile(model, work, &mut contents)?;
    let (input, output) = bind(project, &compiled.inputs, &compiled.outputs, &model.signature)
        .map_err(PackageError::Unfit)?;
    let bundle = Bundle {
        format: FORMAT,
        name: project.name.value.clone(),
        model: mlship_bundle::Model { source_sha256: sha256(model.bytes()), ..compiled },
        input,
        output,
        samples: add_samples(samples, &mut contents),
        bounds: Bounds { timeout_s: project.resources.timeout_s.value, ..Bounds::default() },
    };
    contents.add_bytes(mlship_bundle::FILE, json(&bundle));
    Ok(Assembly { contents, bundle })
}

/// Puts the samples under names of their own: a path in the manifest may lead anywhere.
fn add_samples(samples: &[Sample], contents: &mut Contents) -> Vec<mlship_bundle::Sample> {
    let mut bundled = Vec::new();
    for (number, sample) in samples.iter().enumerate() {
        let request = format!("samples/{}.json", number + 1);
        contents.add_bytes(request.as_str(), json(&sample.request));
        let expect = sample.expect.as_ref().map(|expected| {
            let path = format!("samples/{}.expect.json", number + 1);
            contents.add_bytes(path.as_str(), json(expected));
            path
        });
        bundled.push(mlship_bundle::Sample { request, expect });
    }
    bundled
}

pub(crate) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}
