//! A model to the files of a bundle that its engine reads.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path};

use mlship_bundle::{EngineKind, Model as Bundled, Port};
use mlship_compile::{EngineChoice, WEIGHTS_FILE, classical, classify, neural};

use crate::contents::Contents;
use crate::entry::{Mode, Part, Source};
use crate::error::PackageError;
use crate::model::Model;
use crate::ports::ports;

/// The classical program's name in a bundle.
const PROGRAM: &str = "model.mlp";

/// The neural graph's name in a bundle.
const GRAPH: &str = "model.onnx";

/// Compiles for the engine that has all of the model's operators, and adds the files.
pub(crate) fn compile(
    model: &Model,
    work: &Path,
    contents: &mut Contents,
) -> Result<Bundled, PackageError> {
    let refused =
        |reason: String| PackageError::Compile { path: model.path.clone(), source: reason.into() };
    let inputs = ports(&model.graph.graph.inputs).map_err(refused)?;
    let outputs = ports(&model.graph.graph.outputs).map_err(refused)?;
    match classify(&model.graph) {
        EngineChoice::Classical => {
            let program = classical(&model.graph, model.bytes()).map_err(|source| {
                PackageError::Compile { path: model.path.clone(), source: Box::new(source) }
            })?;
            contents.add_to(Part::Weights, PROGRAM, Mode::Plain, Source::Bytes(program.into()));
            Ok(bundled(EngineKind::Classical, PROGRAM, None, (inputs, outputs)))
        }
        EngineChoice::Neural => {
            let weights = split(model, work, contents)?;
            Ok(bundled(EngineKind::Neural, GRAPH, weights, (inputs, outputs)))
        }
        EngineChoice::Neither(lacking) => Err(refused(lacking.to_string())),
    }
}

/// The graph and, beside it, its weights, which never are in memory as a whole.
fn split(
    model: &Model,
    work: &Path,
    contents: &mut Contents,
) -> Result<Option<String>, PackageError> {
    let path = work.join(WEIGHTS_FILE);
    let written = (|| {
        fs::create_dir_all(work)?;
        let mut out = BufWriter::new(File::create(&path)?);
        let split = neural(model.bytes(), &mut out)?;
        out.flush()?;
        io::Result::Ok(split)
    })();
    let split = written.map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => {
            PackageError::Compile { path: model.path.clone(), source: Box::new(source) }
        }
        _ => PackageError::File { operation: "write", path: path.clone(), source },
    })?;
    contents.add_bytes(GRAPH, split.graph);
    for location in split.external {
        let plain =
            Path::new(&location).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || [GRAPH, WEIGHTS_FILE, mlship_bundle::FILE].contains(&location.as_str()) {
            let reason =
                format!("its weights are in `{location}`, which is no plain path beside it");
            return Err(PackageError::Compile { path: model.path.clone(), source: reason.into() });
        }
        let extension = Path::new(&location).extension().unwrap_or_default().to_string_lossy();
        if !extension.starts_with("data") {
            let reason = format!("its weights are in `{location}`, whose name must end in `.data`");
            return Err(PackageError::Compile { path: model.path.clone(), source: reason.into() });
        }
        let file = model.path.with_file_name("").join(&location);
        contents.add_to(Part::Weights, location, Mode::Plain, Source::File(file));
    }
    if split.weights == 0 {
        return Ok(None);
    }
    contents.add_to(Part::Weights, WEIGHTS_FILE, Mode::Plain, Source::File(path));
    Ok(Some(WEIGHTS_FILE.into()))
}

fn bundled(
    engine: EngineKind,
    path: &str,
    weights: Option<String>,
    (inputs, outputs): (Vec<Port>, Vec<Port>),
) -> Bundled {
    let source_sha256 = String::new();
    Bundled {
        engine,
        path: path.into(),
        weights,
        fetched: Vec::new(),
        source_sha256,
        inputs,
        outputs,
    }
}
