//! From a bundle to a loaded engine.

use std::path::Path;

use mlship_bundle::{EngineKind, Model};

use crate::bundle::{LoadError, path_in};
use crate::classical;
use crate::engine::Engine;
use crate::fetch;
use crate::notice::Tell;
use crate::origin::Origin;
use crate::setup::{Files, Setup};
#[cfg(feature = "networks")]
use crate::wide::Wide;

/// What is in this build, smallest first.
pub fn engines() -> Vec<&'static str> {
    let all = [
        ("classical", true),
        ("neural", cfg!(feature = "neural")),
        ("onnxruntime", cfg!(feature = "onnxruntime")),
        ("python", cfg!(feature = "worker")),
    ];
    all.into_iter().filter_map(|(name, is_here)| is_here.then_some(name)).collect()
}

/// Where the files of the model are. Those that are not in the bundle in `folder` are fetched.
///
/// # Errors
/// When a file is absent or outside the bundle, or cannot be fetched.
pub(crate) fn locate(
    folder: &Path,
    model: &Model,
    origin: &Origin,
    tell: Tell,
) -> Result<Files, LoadError> {
    let stored = model.half_weights.as_deref().or(model.weights.as_deref());
    let names = [Some(model.path.as_str()), stored];
    let [path, weights] = match model.fetched.is_empty() {
        true => names.map(|name| name.map(|name| path_in(folder, name)).transpose()),
        false => {
            let together = fetch::beside_each_other(folder, model, origin, tell)?;
            names.map(|name| name.map(|name| path_in(&together, name)).transpose())
        }
    };
    let files = Files { model: path?.unwrap_or_default(), weights: weights?, wide: None };
    for path in files.weights.iter().chain([&files.model]) {
        std::fs::metadata(path).map_err(|source| LoadError::Read { path: path.clone(), source })?;
    }
    match (&model.half_weights, &model.weights) {
        (Some(_), Some(weights)) => widened(files, weights, &origin.scratch),
        _ => Ok(files),
    }
}

/// The same model with its 16-bit weights made into 32-bit ones.
#[cfg(feature = "networks")]
fn widened(files: Files, name: &str, scratch: &Path) -> Result<Files, LoadError> {
    let half = files.weights.unwrap_or_default();
    let wide = Wide::make(scratch, &files.model, &half, name)
        .map_err(|source| LoadError::Widen { path: half, scratch: scratch.to_owned(), source })?;
    let model = path_in(wide.folder(), file_name(&files.model))?;
    let weights = path_in(wide.folder(), name)?;
    Ok(Files { model, weights: Some(weights), wide: Some(wide) })
}

#[cfg(feature = "networks")]
fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

#[cfg(not(feature = "networks"))]
fn widened(_: Files, _: &str, _: &Path) -> Result<Files, LoadError> {
    Err(LoadError::NoEngine("neural"))
}

/// Loads the model in `files`.
///
/// # Errors
/// When the engine is not in this build or refuses the model.
pub(crate) fn engine(
    files: &Files,
    model: &Model,
    setup: &Setup,
    tell: Tell,
) -> Result<Box<dyn Engine>, LoadError> {
    match model.engine {
        EngineKind::Classical => Ok(Box::new(classical::open(&files.model)?)),
        EngineKind::Neural => neural(files, model, setup, tell),
        EngineKind::OnnxRuntime => onnxruntime(files, model, setup),
        EngineKind::Python => Err(LoadError::NoEngine("python")),
    }
}

#[cfg(feature = "neural")]
fn neural(
    files: &Files,
    model: &Model,
    setup: &Setup,
    tell: Tell,
) -> Result<Box<dyn Engine>, LoadError> {
    Ok(crate::neural::load(files, model, setup, tell)?)
}

#[cfg(not(feature = "neural"))]
fn neural(_: &Files, _: &Model, _: &Setup, _: Tell) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NoEngine("neural"))
}

#[cfg(feature = "onnxruntime")]
fn onnxruntime(files: &Files, model: &Model, setup: &Setup) -> Result<Box<dyn Engine>, LoadError> {
    Ok(crate::onnxruntime::load(files, model, setup)?)
}

#[cfg(not(feature = "onnxruntime"))]
fn onnxruntime(_: &Files, _: &Model, _: &Setup) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NoEngine("onnxruntime"))
}
