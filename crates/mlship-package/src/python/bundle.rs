//! The bundle of a handler that the runtime has a worker for.

use std::path::Path;

use mlship_bundle::{Bounds, Bundle, EngineKind, FORMAT, Input, Model, Output, Worker};
use mlship_core::project::{Project, Python};

use super::Scripts;
use crate::assemble::{json, serving};

impl Scripts {
    /// Adds what the runtime reads, to run the handler in a worker of `interpreter`.
    pub fn add_bundle(&mut self, project: &Project, python: &Python, interpreter: &Path) {
        let bundle = bundle(project, python, interpreter, &self.provenance.model_sha256);
        self.contents.add_bytes(mlship_bundle::FILE, json(&bundle));
    }
}

/// The bundle of a handler whose files lie at the top of it, beside its model.
fn bundle(project: &Project, python: &Python, interpreter: &Path, model_sha256: &str) -> Bundle {
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
            python: vec![interpreter.to_string_lossy().into_owned()],
            handler: python.handler.value.clone(),
            path: vec![".".to_owned()],
        }),
    }
}
