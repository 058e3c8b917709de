//! The bundle of a handler that the runtime has a worker for.

use std::path::PathBuf;

use mlship_bundle::{
    BUNDLE_ITSELF, Bounds, Bundle, EngineKind, FORMAT, Input, Model, Output, Worker,
};
use mlship_core::project::{Project, Python};

use super::Scripts;
use super::packages::FOLDER;
use crate::assemble::{Assembly, json, serving};
use crate::provenance::Provenance;

impl Scripts {
    /// The bundle, in which a runtime of the digest `runtime_sha256` starts the first of the
    /// `pythons` that is there. What it is of is told by the provenance, which is not yet in it.
    pub fn assembled(
        self,
        project: &Project,
        python: &Python,
        pythons: &[PathBuf],
        runtime_sha256: String,
    ) -> (Assembly, Provenance) {
        let Self { mut contents, mut provenance, model, samples, heavy, .. } = self;
        let has_packages = provenance.packages.is_some();
        let folders = [Some(BUNDLE_ITSELF), has_packages.then_some(FOLDER)];
        let bundle = Bundle {
            format: FORMAT,
            name: project.name.value.clone(),
            model: Model {
                engine: EngineKind::Python,
                path: model,
                weights: None,
                half_weights: None,
                fetched: heavy.bundled(),
                source_sha256: provenance.model_sha256.clone(),
                inputs: Vec::new(),
                outputs: Vec::new(),
            },
            input: Input::Any,
            output: Output::Any,
            samples,
            bounds: Bounds { timeout_s: project.resources.timeout_s.value, ..Bounds::default() },
            serving: serving(&project.serving),
            formats: Vec::new(),
            worker: Some(Worker {
                python: pythons.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
                handler: python.handler.value.clone(),
                path: folders.into_iter().flatten().map(str::to_owned).collect(),
            }),
        };
        contents.add_bytes(mlship_bundle::FILE, json(&bundle));
        provenance.runtime_sha256 = Some(runtime_sha256);
        let addressed = heavy.addressed.into_iter().map(|(file, _)| file).collect();
        let assembly = Assembly { contents, bundle, fetched: heavy.stored, addressed };
        (assembly, provenance)
    }
}
