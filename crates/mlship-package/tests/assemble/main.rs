//! Projects on disk to bundles, and bundles to answers: the examples, and what is wrong with
//! copies of them.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod delivery;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use mlship_core::project::Project;
use mlship_core::sample::Sample;
use mlship_manifest::{Source, Style, load, render};
use mlship_package::{Assembly, Contents, Model, PackageError, assemble};
use mlship_runtime::bundle;
use mlship_runtime::service::Service;
use mlship_runtime::setup::Setup;
use tempfile::TempDir;

/// A project in a folder of its own.
struct Site {
    folder: TempDir,
    model: PathBuf,
}

impl Site {
    /// A copy of the example, with `change` made to its manifest.
    fn of(example: &str, change: impl Fn(String) -> String) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example);
        let folder = tempfile::tempdir().unwrap();
        for name in ["model.onnx", "tokenizer.json"] {
            // The model of a table has no tokenizer.
            let _ = fs::copy(from.join(name), folder.path().join(name));
        }
        let manifest = fs::read_to_string(from.join("mlship.yaml")).unwrap();
        fs::write(folder.path().join("mlship.yaml"), change(manifest)).unwrap();
        let model = folder.path().join("model.onnx");
        Self { folder, model }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn project(&self) -> (Project, Source) {
        let loaded = load(&self.path("mlship.yaml")).unwrap();
        let words = render(&loaded.report, &loaded.source, Style::Plain);
        (loaded.project.unwrap_or_else(|| panic!("{words}")), loaded.source)
    }

    fn try_assemble(&self) -> Result<Assembly, PackageError> {
        let (project, _) = self.project();
        let model = Model::read(&self.model).unwrap();
        assemble(&project, &model, &[], &self.path("work"))
    }

    fn assemble(&self) -> Assembly {
        self.try_assemble().unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// What is said of a manifest that does not fit, as a user reads it.
    fn misfit(&self) -> String {
        let Err(PackageError::Unfit(report)) = self.try_assemble() else { panic!("it fits") };
        let (_, source) = self.project();
        let name = "mlship.yaml".to_owned();
        render(&report, &Source { name, ..source }, Style::Plain)
    }

    /// The runtime's answer.
    fn answer(&self, contents: &Contents, request: &str) -> serde_json::Value {
        let folder = self.path("bundle");
        contents.write(&folder).unwrap();
        let bundle = bundle::read(&folder).unwrap();
        let service = Service::load(&folder, &bundle, &Setup::default(), |_| {}).unwrap();
        let answer = service.answer(request.as_bytes());
        let answer = answer.unwrap_or_else(|problem| panic!("{problem:?}"));
        serde_json::from_slice(&answer).unwrap()
    }
}

/// The paths of a bundle's files.
fn paths(contents: &Contents) -> Vec<&str> {
    contents.entries().iter().map(|entry| entry.path.as_str()).collect()
}

/// The samples of an example.
fn samples(example: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example);
    let read = |path: &str| {
        let text = fs::read(folder.join("samples").join(path)).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let sample = |number: u32| Sample {
        name: number.to_string(),
        request: read(&format!("{number}.json")),
        expect: Some(read(&format!("{number}.expect.json"))),
    };
    (1..=2).map(sample).collect()
}
