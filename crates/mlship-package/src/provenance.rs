//! What an artifact was made of, kept inside it as `provenance.json`.
//!
//! Digests and versions only: no clock, no user, no folder, so that the same inputs give the same
//! bytes.

use std::collections::BTreeMap;
use std::path::Path;

use mlship_bundle::EngineKind;
use serde::Serialize;

use crate::assemble::json;
use crate::contents::Contents;
use crate::entry::Part;
use crate::error::PackageError;
use crate::onnxruntime;
use crate::python::Packages;

/// The name of the file in the bundle.
pub(crate) const FILE: &str = "provenance.json";

/// What the engine is called that comes with a library.
const ENGINE_ONNXRUNTIME: &str = "onnxruntime";

/// The name of what runs a user's own code.
const ENGINE_PYTHON: &str = "python";

/// What an artifact was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Provenance {
    /// The version of this file's form.
    pub format: u32,
    /// The tool and its version.
    pub tool: String,
    /// The trained model's file name.
    pub model: String,
    /// SHA-256 of the trained model, in hex.
    pub model_sha256: String,
    /// What runs it.
    pub engine: &'static str,
    /// SHA-256 of the runtime's binary, in hex; none is in the artifact in the python lane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_sha256: Option<String>,
    /// SHA-256, in hex, of what the runtime does not carry inside, by path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub libraries: BTreeMap<String, String>,
    /// The version of ONNX Runtime, where that is the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onnxruntime: Option<&'static str>,
    /// The packages of a handler, where they are in the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
    /// The samples that the runtime answered rightly before it was packed.
    pub proved_on: Vec<String>,
}

impl Provenance {
    /// Of a bundle of the model file `model`, served by a runtime of the digest `runtime_sha256`.
    pub fn new(
        model: &Path,
        bundled: &mlship_bundle::Model,
        runtime_sha256: String,
        proved_on: Vec<String>,
    ) -> Self {
        let name = model.file_name().map(|name| name.to_string_lossy().into_owned());
        Self {
            format: 1,
            tool: concat!("mlship ", env!("CARGO_PKG_VERSION")).into(),
            model: name.unwrap_or_default(),
            model_sha256: bundled.source_sha256.clone(),
            engine: match bundled.engine {
                EngineKind::Classical => "classical",
                EngineKind::Neural => "neural",
                EngineKind::OnnxRuntime => ENGINE_ONNXRUNTIME,
                EngineKind::Python => ENGINE_PYTHON,
            },
            runtime_sha256: Some(runtime_sha256),
            libraries: BTreeMap::new(),
            onnxruntime: None,
            packages: None,
            proved_on,
        }
    }

    /// Of a user's own code that reads the model file `model`.
    pub(crate) fn of_scripts(model: &str, model_sha256: String) -> Self {
        Self {
            format: 1,
            tool: concat!("mlship ", env!("CARGO_PKG_VERSION")).into(),
            model: model.rsplit('/').next().unwrap_or_default().into(),
            model_sha256,
            engine: ENGINE_PYTHON,
            runtime_sha256: None,
            libraries: BTreeMap::new(),
            onnxruntime: None,
            packages: None,
            proved_on: Vec::new(),
        }
    }

    /// The same, with what is in the bundle beside the runtime.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn with_libraries(mut self, contents: &Contents) -> Result<Self, PackageError> {
        for entry in contents.entries().iter().filter(|entry| entry.part == Part::Engine) {
            self.libraries.insert(entry.path.clone(), entry.digest()?.0);
        }
        let is_onnxruntime = self.engine == ENGINE_ONNXRUNTIME;
        self.onnxruntime = is_onnxruntime.then_some(onnxruntime::VERSION);
        Ok(self)
    }

    /// Puts it into a bundle.
    pub fn add_to(&self, contents: &mut Contents) {
        contents.add_bytes(FILE, json(self));
    }
}
