//! A model to the files that its engine reads: in the bundle, or fetched by the runtime.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use mlship_bundle::{EngineKind, Model as Bundled, Port};
use mlship_compile::{
    EngineChoice, Form, HALF_WEIGHTS_FILE, Neural, WEIGHTS_FILE, classical, classify,
    classify_text, neural,
};
use mlship_core::project::{Engine, Input, Project};
use mlship_inspect::onnx;

use crate::contents::Contents;
use crate::delivery::{Delivery, Heavy, not_as_it_is};
use crate::error::PackageError;
use crate::model::{Model, Parts};
use crate::ports::ports;

/// The classical program's name in a bundle.
const PROGRAM: &str = "model.mlp";

/// The neural graph's name in a bundle.
const GRAPH: &str = "model.onnx";

/// What a model takes and gives.
pub(crate) fn sides(model: &Model) -> Result<Sides, PackageError> {
    let graph = &model.graph.graph;
    let of = |values| ports(values).map_err(|reason| refused(model, reason));
    Ok((of(&graph.inputs)?, of(&graph.outputs)?))
}

/// The inputs and the outputs.
pub(crate) type Sides = (Vec<Port>, Vec<Port>);

/// Compiles for the engine that has all of the model's operators, and adds the files; `heavy`
/// says where the large ones go.
pub(crate) fn compile(
    project: &Project,
    model: &Model,
    sides: Sides,
    work: &Path,
    contents: &mut Contents,
    heavy: &mut Heavy,
) -> Result<Bundled, PackageError> {
    let refused = |reason: String| refused(model, reason);
    let choice = match project.input {
        Input::Text(_) | Input::Image(_) => classify_text(&model.graph),
        Input::Table(_) | Input::Tensor => classify(&model.graph, model.bytes().len() as u64),
    };
    let kind = engine(choice, project.model.engine.value).map_err(refused)?;
    if kind == EngineKind::OnnxRuntime {
        check_tensors(model).map_err(refused)?;
    }
    match (kind, heavy.delivery.clone()) {
        (EngineKind::Classical, Delivery::Address(_)) => Err(not_as_it_is(&project.model)),
        (EngineKind::Classical, _) => {
            let program = classical(&model.graph, model.bytes()).map_err(|source| {
                PackageError::Compile { path: model.path.clone(), source: Box::new(source) }
            })?;
            heavy.add_bytes(PROGRAM, program, work, contents)?;
            Ok(bundled(kind, PROGRAM, sides))
        }
        (_, Delivery::Address(url)) => {
            whole(model)?;
            heavy.add_addressed(GRAPH, model, url);
            Ok(bundled(kind, GRAPH, sides))
        }
        (_, _) => {
            let bundled = bundled(kind, GRAPH, sides);
            let form = split(model, work, contents, heavy)?;
            let half_weights = (form == Some(Form::Half)).then(|| HALF_WEIGHTS_FILE.into());
            let weights = form.map(|_| WEIGHTS_FILE.into());
            Ok(Bundled { weights, half_weights, ..bundled })
        }
    }
}

/// What runs the model: what the manifest wants, as far as that has the model's operators.
fn engine(choice: EngineChoice, wanted: Engine) -> Result<EngineKind, String> {
    match (choice, wanted) {
        (_, Engine::OnnxRuntime) => Ok(EngineKind::OnnxRuntime),
        (EngineChoice::Classical, _) => Ok(EngineKind::Classical),
        (EngineChoice::Neural, _) => Ok(EngineKind::Neural),
        (EngineChoice::Neither(_), Engine::Auto { .. }) => Ok(EngineKind::OnnxRuntime),
        (EngineChoice::Neither(lacking), Engine::Native) => Err(format!(
            "{lacking}; ONNX Runtime has all: write `engine: onnxruntime` under `model`"
        )),
    }
}

/// ONNX Runtime gives ZipMap's list of maps as it is; our own engine gives the tensor.
fn check_tensors(model: &Model) -> Result<(), String> {
    let is_maps = |value: &&onnx::ValueInfo| value.kind == onnx::ValueKind::Maps;
    match model.graph.graph.outputs.iter().find(is_maps) {
        None => Ok(()),
        Some(maps) => Err(format!(
            "`{}` is a list of maps, which only the native engine answers with; convert the model \
             with `zipmap=False`",
            maps.name
        )),
    }
}

/// The graph and, beside it, its weights, which never are in memory as a whole. Says how they were
/// written, when there are any.
fn split(
    model: &Model,
    work: &Path,
    contents: &mut Contents,
    heavy: &mut Heavy,
) -> Result<Option<Form>, PackageError> {
    let path = work.join(WEIGHTS_FILE);
    let Neural { graph, weights, form, external } = write_weights(model, &path)?;
    contents.add_bytes(GRAPH, graph);
    for location in external {
        let file = beside(model, &location)?;
        heavy.add_file(&location, file, contents)?;
    }
    if weights == 0 {
        return Ok(None);
    }
    let name = match form {
        Form::Plain => WEIGHTS_FILE,
        Form::Half => HALF_WEIGHTS_FILE,
    };
    let file = work.join(name);
    fs::rename(&path, &file).map_err(PackageError::file("write", &file))?;
    heavy.add_file(name, file, contents)?;
    Ok(Some(form))
}

fn write_weights(model: &Model, path: &Path) -> Result<Neural, PackageError> {
    let written = (|| {
        if let Some(work) = path.parent() {
            fs::create_dir_all(work)?;
        }
        // The file of an earlier build may be linked to, and be mapped by who serves it.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut out = Parts { model, to: BufWriter::new(File::create(path)?) };
        let split = neural(model.bytes(), &mut out)?;
        out.flush()?;
        io::Result::Ok(split)
    })();
    written.map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => {
            PackageError::Compile { path: model.path.clone(), source: Box::new(source) }
        }
        _ => PackageError::file("write", path)(source),
    })
}

/// The file of weights that the model itself keeps beside it, when its name can be kept.
fn beside(model: &Model, location: &str) -> Result<PathBuf, PackageError> {
    let plain = Path::new(location).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || [GRAPH, WEIGHTS_FILE, mlship_bundle::FILE].contains(&location) {
        let reason = format!("its weights are in `{location}`, which is no plain path beside it");
        return Err(refused(model, reason));
    }
    let extension = Path::new(location).extension().unwrap_or_default().to_string_lossy();
    if !extension.starts_with("data") {
        let reason = format!("its weights are in `{location}`, whose name must end in `.data`");
        return Err(refused(model, reason));
    }
    let file = model.path.with_file_name("").join(location);
    // A pipe or a device would be waited for, or read without end.
    match fs::metadata(&file) {
        Ok(found) if found.is_file() => Ok(file),
        Ok(_) => Err(refused(model, format!("its weights are in `{location}`, which is no file"))),
        Err(error) => {
            Err(refused(model, format!("its weights in `{location}` cannot be read: {error}")))
        }
    }
}

/// Refuses a model in several files, where one is fetched.
fn whole(model: &Model) -> Result<(), PackageError> {
    let split = neural(model.bytes(), &mut io::sink()).map_err(|source| PackageError::Compile {
        path: model.path.clone(),
        source: Box::new(source),
    })?;
    if split.form == Form::Half {
        let reason = "it is fetched as it is, and has 16-bit weights, which only an artifact has";
        return Err(refused(model, reason.into()));
    }
    match split.external.first() {
        None => Ok(()),
        Some(other) => {
            let reason = format!("it is fetched as one file, and its weights are in `{other}`");
            Err(refused(model, reason))
        }
    }
}

fn refused(model: &Model, reason: String) -> PackageError {
    PackageError::Compile { path: model.path.clone(), source: reason.into() }
}

fn bundled(engine: EngineKind, path: &str, (inputs, outputs): Sides) -> Bundled {
    let source_sha256 = String::new();
    Bundled {
        engine,
        path: path.into(),
        weights: None,
        half_weights: None,
        fetched: Vec::new(),
        source_sha256,
        inputs,
        outputs,
    }
}
