//! The bundle of a handler that the runtime has a worker for.

use mlship_bundle::{Bounds, Bundle, EngineKind, FORMAT, Input, Model, Output, Worker};
use mlship_core::project::{Project, Python};

use super::Scripts;
use crate::assemble::{json, serving};

impl Scripts {
    /// Adds what the runtime reads, to run the handler in a worker. Its Python is found where it
    /// runs: of the manifest's version where that says one.
    pub fn add_bundle(&mut self, project: &Project, python: &Python) {
        let bundle = bundle(project, python, &self.provenance.model_sha256);
        self.contents.add_bytes(mlship_bundle::FILE, json(&bundle));
    }
}

/// The bundle of a handler whose files lie at the top of it, beside its model.
fn bundle(project: &Project, python: &Python, model_sha256: &str) -> Bundle {
    let versioned = python.version.iter().map(|version| format!("python{}", version.value));
    Bundle {
        format: FORMAT,
        name: project.name.value.clone(),
        model: Model {
            engine: EngineKind::Python,
            path: project.model.path.value.clone(),
            weights: None,
            half_weights: None,
            fetched: Vec::new(),
            source_sha256: model_sha256.to_owned(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        },
        input: Input::Any,
        output: Output::Any,
        samples: Vec::new(),
        bounds: Bounds { timeout_s: project.resources.timeout_s.value, ..Bounds::default() },
        serving: serving(&project.serving),
        formats: Vec::new(),
        worker: Some(Worker {
            python: versioned.chain(["python3".to_owned()]).collect(),
            handler: python.handler.value.clone(),
            path: vec![".".to_owned()],
        }),
    }
}
