//! A project and its model to a bundle's contents.

use std::path::Path;

use mlship_bundle::{Batching, Bounds, Bundle, EngineKind, FORMAT, Page, Serving};
use mlship_core::artifact::Fetched;
use mlship_core::finding::Report;
use mlship_core::project::{self, Format, Input, Project};
use mlship_core::sample::Sample;

use crate::bind::{Ground, bind};
use crate::compile::{Sides, compile, sides};
use crate::contents::Contents;
use crate::delivery::{Delivery, Heavy, check_sha256};
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::labels;
use crate::model::Model;
use crate::tokenizer::Tokenizer;

/// A bundle, before the runtime is put beside it.
#[derive(Debug, Clone)]
pub struct Assembly {
    /// Its files, without those that the runtime fetches.
    pub contents: Contents,
    /// Its description, which is one of the files.
    pub bundle: Bundle,
    /// What is to be put into a store, from where the runtime fetches it.
    pub fetched: Vec<Fetched>,
    /// What the runtime fetches from its own address; the path is that of the copy on this disk.
    pub addressed: Vec<Fetched>,
}

impl Assembly {
    /// Puts what would be fetched into the bundle: nothing is left to fetch.
    pub fn take_in(&mut self) {
        self.contents = self.whole();
        self.bundle.model.fetched.clear();
        self.fetched.clear();
        self.addressed.clear();
    }

    /// The same bundle, run by another engine that reads the same files.
    #[must_use]
    pub fn run_by(mut self, engine: EngineKind) -> Self {
        self.bundle.model.engine = engine;
        self.contents.add_bytes(mlship_bundle::FILE, json(&self.bundle));
        self
    }

    /// The same bundle with nothing left to fetch, to be tried on this machine.
    pub fn whole(&self) -> Contents {
        let mut contents = self.contents.clone();
        for file in self.fetched.iter().chain(&self.addressed) {
            contents.add_to(
                Part::Weights,
                file.name.as_str(),
                Mode::Plain,
                Source::File(file.path.clone()),
            );
        }
        let mut bundle = self.bundle.clone();
        bundle.model.fetched.clear();
        contents.add_bytes(mlship_bundle::FILE, json(&bundle));
        contents
    }
}

/// Compiles the model, binds the manifest to it, and lays out the bundle. Files too large for
/// memory are kept in the folder `work`, and so is what the runtime fetches.
///
/// # Errors
/// A manifest that does not fit the model, as [`PackageError::Unfit`] with all that was found; a
/// model that no engine takes; a file that cannot be read or written.
pub fn assemble(
    project: &Project,
    model: &Model,
    samples: &[Sample],
    work: &Path,
) -> Result<Assembly, PackageError> {
    check_sha256(&project.model, model)?;
    let mut contents = Contents::default();
    let mut heavy = Heavy::new(Delivery::of(&project.model));
    let sides = sides(model)?;
    // What the manifest gets wrong is told before what an engine lacks for it.
    let (input, output) = fit(project, model, &sides, &mut contents)?;
    let compiled = compile(project, model, sides, work, &mut contents, &mut heavy)?;
    let bundle = Bundle {
        format: FORMAT,
        name: project.name.value.clone(),
        model: mlship_bundle::Model {
            source_sha256: model.sha256().to_owned(),
            fetched: heavy.bundled(),
            ..compiled
        },
        input,
        output,
        samples: add_samples(samples, &mut contents),
        bounds: Bounds { timeout_s: project.resources.timeout_s.value, ..Bounds::default() },
        serving: serving(&project.serving),
        formats: formats(&project.input),
        worker: None,
    };
    contents.add_bytes(mlship_bundle::FILE, json(&bundle));
    let addressed = heavy.addressed.into_iter().map(|(file, _)| file).collect();
    Ok(Assembly { contents, bundle, fetched: heavy.stored, addressed })
}

/// The forms of a request that the manifest asks for.
fn formats(input: &Input) -> Vec<mlship_bundle::Format> {
    let Input::Table(table) = input else { return Vec::new() };
    let bundled = |format: &Format| match format {
        Format::Arrow => mlship_bundle::Format::Arrow,
    };
    table.formats.iter().map(bundled).collect()
}

/// Reads the tokenizer, when there is one, adds it, and binds the manifest to the model.
fn fit(
    project: &Project,
    model: &Model,
    (inputs, outputs): &Sides,
    contents: &mut Contents,
) -> Result<(mlship_bundle::Input, mlship_bundle::Output), PackageError> {
    let mut report = Report::default();
    let tokenizer = match &project.input {
        Input::Text(wanted) => Tokenizer::read(wanted, &project.root, &mut report),
        Input::Table(_) | Input::Image(_) | Input::Tensor => None,
    };
    let labels = labels::told(&project.output, &project.root, &mut report);
    let ground = Ground {
        inputs,
        outputs,
        signature: &model.signature,
        graph: &model.graph.graph,
        tokenizer: tokenizer.as_ref(),
        labels: &labels,
    };
    let bound = bind(project, &ground, &mut report);
    if report.has_errors() {
        return Err(PackageError::Unfit(report));
    }
    if let Some(tokenizer) = tokenizer {
        contents.add_bytes(tokenizer.file, tokenizer.bytes);
    }
    Ok(bound)
}

pub(crate) fn serving(wanted: &project::Serving) -> Serving {
    let page = match wanted.page {
        project::Page::Local => Page::Local,
        project::Page::On => Page::On,
        project::Page::Off => Page::Off,
    };
    let batching = wanted.batching.map(|batching| Batching {
        examples: batching.examples as usize,
        wait_ms: batching.wait_ms,
    });
    Serving { page, queue: wanted.queue as usize, batching }
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
